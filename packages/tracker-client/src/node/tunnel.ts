import { isIP, type Socket } from 'node:net';
import { TrackerError, type ProxyProblem } from '../error.ts';
import { parseIp } from '../ip-address.ts';
import type { HttpUrl } from '../tracker-url.ts';
import { proxyAuthorization, type Proxy } from './proxy.ts';
import { readExactly } from './read-exactly.ts';
import { MAX_HEADER_BYTES } from './transport-error.ts';

export interface TunnelOptions {
  /** Connected to the proxy; nothing else reads it meanwhile. */
  readonly socket: Socket;
  readonly proxy: Proxy;
  readonly url: HttpUrl;
  /** Named in errors. */
  readonly tracker: string;
}

/**
 * Has a proxy connect a socket to a tracker. What the tracker sends after that is left to be read.
 *
 * @throws {TrackerError} `PROXY_FAILED`.
 * @throws {Error} if the connection is closed meanwhile.
 */
export async function openTunnel(options: TunnelOptions): Promise<void> {
  await (options.proxy.kind === 'socks5' ? askSocks(options) : askHttp(options));
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const CONNECT = 1;
const MAX_NAME_LENGTH = 255;

/** What a SOCKS proxy says by its code. */
const SOCKS_REASONS: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'time to live expired',
  7: 'command not supported',
  8: 'address type not supported',
};

/** @see {@link https://www.rfc-editor.org/rfc/rfc1928 | RFC 1928} and {@link https://www.rfc-editor.org/rfc/rfc1929 | RFC 1929} */
async function askSocks(options: TunnelOptions): Promise<void> {
  const { socket, proxy, url } = options;
  const { credentials } = proxy;
  const target = socksAddress(url, options);
  const methods = [NO_AUTHENTICATION, ...(credentials === undefined ? [] : [USER_AND_PASSWORD])];
  socket.write(Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method = 0xff] = await readExactly(socket, 2);
  if (version !== VERSION) throw failed('NOT_A_PROXY', `version ${version}`, options);
  if (method === USER_AND_PASSWORD && credentials !== undefined) {
    const { user, password } = credentials;
    socket.write(Uint8Array.of(1, user.length, ...user, password.length, ...password));
    const [, status] = await readExactly(socket, 2);
    if (status !== 0) throw failed('AUTHENTICATION', `status ${status}`, options);
  } else if (method !== NO_AUTHENTICATION) {
    throw failed('AUTHENTICATION', `method ${method}`, options);
  }
  socket.write(Uint8Array.of(VERSION, CONNECT, 0, ...target, url.port >>> 8, url.port & 0xff));
  const [answerVersion, reply = 1, , type] = await readExactly(socket, 4);
  if (answerVersion !== VERSION) throw failed('NOT_A_PROXY', `version ${answerVersion}`, options);
  if (reply !== 0) throw failed('REFUSED', SOCKS_REASONS[reply] ?? `code ${reply}`, options);
  // Its own address and port are of no use, but are in the way of what follows.
  const addressLength =
    type === 1 ? 4 : type === 4 ? 16 : type === 3 ? (await readExactly(socket, 1))[0] : undefined;
  if (addressLength === undefined) throw failed('NOT_A_PROXY', `address type ${type}`, options);
  await readExactly(socket, addressLength + 2);
}

/** Writes where to connect to: an address if the URL has one, else the name, for the proxy to look up. */
function socksAddress({ hostname }: HttpUrl, options: TunnelOptions): readonly number[] {
  const address = parseIp(hostname);
  if (address !== undefined) return [address.length === 4 ? 1 : 4, ...address];
  const name = new TextEncoder().encode(hostname);
  if (name.length > MAX_NAME_LENGTH) throw failed('REFUSED', 'name too long', options);
  return [3, name.length, ...name];
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 | RFC 9110, section 9.3.6} */
async function askHttp(options: TunnelOptions): Promise<void> {
  const { socket, proxy, url } = options;
  const host = isIP(url.hostname) === 6 ? `[${url.hostname}]` : url.hostname;
  const authorization = proxyAuthorization(proxy);
  const lines = [
    `CONNECT ${host}:${url.port} HTTP/1.1`,
    `Host: ${host}:${url.port}`,
    ...(authorization === undefined ? [] : [`Proxy-Authorization: ${authorization}`]),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    if (head.length >= MAX_HEADER_BYTES) throw failed('NOT_A_PROXY', 'endless headers', options);
    head += String.fromCharCode(...(await readExactly(socket, 1)));
  }
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(head)?.[1];
  if (status === undefined) throw failed('NOT_A_PROXY', 'no HTTP', options);
  if (status === '407') throw failed('AUTHENTICATION', 'status 407', options);
  if (!status.startsWith('2')) throw failed('REFUSED', `status ${status}`, options);
}

function failed(problem: ProxyProblem, reason: string, { proxy, tracker }: TunnelOptions): TrackerError {
  return new TrackerError({ code: 'PROXY_FAILED', tracker, proxy: proxy.name, problem, reason });
}
