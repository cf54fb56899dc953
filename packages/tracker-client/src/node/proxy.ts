import { TrackerError } from '../error.ts';
import { decodePercent } from '../percent.ts';
import { redactUrl } from '../redact.ts';

/** A proxy that trackers are reached through. */
export interface Proxy {
  readonly kind: 'http' | 'socks5';
  readonly hostname: string;
  readonly port: number;
  /** Who we say we are, if it is to know. */
  readonly credentials: { readonly user: Uint8Array; readonly password: Uint8Array } | undefined;
  /** Host and port: for errors, which must not tell the password. */
  readonly name: string;
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'socks5:': 1080, 'socks5h:': 1080 };
/** What SOCKS has room for. */
const MAX_CREDENTIAL_LENGTH = 255;

/**
 * Reads the URL of a proxy. `socks5:` and `socks5h:` mean the same here: the proxy looks names up, for whoever wants a
 * proxy does not want a name server to see what is asked for.
 *
 * @throws {TypeError} if it is no URL of an HTTP or SOCKS5 proxy; the message does not repeat it.
 */
export function parseProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const defaultPort = url === undefined ? undefined : PORTS[url.protocol];
  if (url === undefined || defaultPort === undefined || url.hostname === '' || url.port === '0') {
    throw new TypeError(
      'Cannot ask through this proxy: it must be http://, socks5:// or socks5h://host:port',
    );
  }
  const { hostname } = url;
  const [user, password] = [decodePercent(url.username), decodePercent(url.password)];
  if (user.length > MAX_CREDENTIAL_LENGTH || password.length > MAX_CREDENTIAL_LENGTH) {
    throw new TypeError(
      'Cannot ask through this proxy: user name and password must be at most 255 bytes each',
    );
  }
  const port = url.port === '' ? defaultPort : Number(url.port);
  return {
    kind: url.protocol === 'http:' ? 'http' : 'socks5',
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    credentials: user.length + password.length === 0 ? undefined : { user, password },
    name: `${hostname}:${port}`,
  };
}

/** Writes the header by which an HTTP proxy knows us. */
export function proxyAuthorization({ credentials }: Proxy): string | undefined {
  if (credentials === undefined) return undefined;
  const { user, password } = credentials;
  return `Basic ${Buffer.from([...user, 0x3a, ...password]).toString('base64')}`;
}

/** Makes the error for a UDP tracker where there is a proxy: to ask it around the proxy would tell who asks. */
export function udpThroughProxy(tracker: string): TrackerError {
  return new TrackerError({
    code: 'UNSUPPORTED_THROUGH_PROXY',
    tracker: redactUrl(tracker),
    protocol: 'udp:',
  });
}
