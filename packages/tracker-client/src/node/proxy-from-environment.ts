import { mappedIpv4, parseIp } from '../ip-address.ts';

/** Names of proxies by scheme, in the order they are looked for. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  // Not HTTP_PROXY: to a program that a web server starts, any client can send that.
  'http:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
};
const OTHER_NAMES = ['all_proxy', 'ALL_PROXY'];

/**
 * Answers with the proxy that the environment names for a URL, as curl reads it: `http_proxy`, `https_proxy` and
 * `all_proxy`, each but the first also in upper case, and `no_proxy` or `NO_PROXY` for hosts that are reached without.
 * That one is a list of names with all below them, addresses, networks such as `10.0.0.0/8`, or `*`. A proxy without a
 * scheme is an HTTP proxy.
 *
 * @returns What `announce` takes as `proxy`, unchecked; `undefined` for none.
 */
export function proxyFromEnvironment(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname } = new URL(url);
  const proxy = firstOf(environment, NAMES[protocol] ?? OTHER_NAMES);
  if (proxy === undefined) return undefined;
  const host = hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  const exceptions = firstOf(environment, ['no_proxy', 'NO_PROXY']) ?? '';
  const isException = exceptions.split(/[\s,]+/).some((entry) => matches(entry.toLowerCase(), host));
  if (isException) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Answers with the first of some variables that says anything. */
function firstOf(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): string | undefined {
  return names.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== '');
}

function matches(entry: string, host: string): boolean {
  if (entry === '*') return true;
  const [text = '', length] = entry.replace(/^\[(.*)\]$/, '$1').split('/');
  const network = parseIp(text);
  if (network !== undefined) return isWithin(parseIp(host), network, length);
  const name = text.replace(/^\./, '').replace(/\.$/, '');
  // Of an address, the end means nothing.
  return name !== '' && parseIp(host) === undefined && (host === name || host.endsWith(`.${name}`));
}

/** Tells whether an address is one of a network, or the same if that has no length. */
function isWithin(address: Uint8Array | undefined, network: Uint8Array, length: string | undefined): boolean {
  if (address === undefined) return false;
  const bytes = mappedIpv4(address) ?? address;
  if (bytes.length !== network.length) return false;
  const bitCount = length === undefined ? network.length * 8 : Number(length);
  if (!Number.isInteger(bitCount) || bitCount < 0) return false;
  return network.every((byte, index) => {
    const bits = Math.min(Math.max(bitCount - index * 8, 0), 8);
    const mask = 0xff & (0xff << (8 - bits));
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}
