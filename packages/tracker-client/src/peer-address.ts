import { formatIp, parseIp } from './ip-address.ts';
import { quote } from './quote.ts';

/** Where a peer can be reached. */
export interface PeerAddress {
  /** An IPv4 or IPv6 address, without brackets; rarely a DNS name. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Longest DNS name as text. {@link https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 | RFC 1035} */
const MAX_NAME_LENGTH = 253;

/** Writes an address as text: `192.0.2.7:6881`, `[2001:db8::7]:6881`, `peer.example:6881`. */
export function formatPeerAddress({ host, port }: PeerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads an address as `formatPeerAddress` writes it. IP addresses come out in their one short form.
 *
 * @throws {RangeError} if `text` is anything else, or the port is not 1 to 65535.
 */
export function parsePeerAddress(text: string): PeerAddress {
  const match =
    text.length > MAX_NAME_LENGTH + 8 ? null : /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const host = match === null ? undefined : normalizeHost(match[1] ?? match[2] ?? '', match[1] !== undefined);
  const port = Number(match?.[3]);
  if (host === undefined || !isPort(port)) {
    throw new RangeError(
      `Cannot read peer address ${quote(text)}: it must be host:port, such as 192.0.2.7:6881 or [2001:db8::7]:6881`,
    );
  }
  return { host, port };
}

function normalizeHost(host: string, isBracketed: boolean): string | undefined {
  if (isBracketed !== host.includes(':')) return undefined;
  const bytes = parseIp(host);
  if (bytes !== undefined) return formatIp(bytes);
  return isBracketed || !isHostName(host) ? undefined : host.toLowerCase();
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/**
 * Tells a DNS name. One whose last label begins with a digit is none: resolvers take `127.1` and `0x7f.1` for addresses,
 * and no top-level domain looks like that.
 */
export function isHostName(text: string): boolean {
  if (text.length > MAX_NAME_LENGTH) return false;
  const labels = text.split('.');
  return (
    labels.every((label) => /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i.test(label)) &&
    !/^\d/.test(labels.at(-1) ?? '')
  );
}
