import { isIP } from 'node:net';
import { DEFAULT_MAX_PEERS } from '../decode-announce-response.ts';
import { parseProxy, type Proxy } from './proxy.ts';

export interface AnnounceOptions {
  /** Time for the whole announce, redirects included, in milliseconds. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Time in which something must happen: a lookup, a connection, an answer, more of it. @defaultValue 10_000 */
  readonly idleTimeoutMs?: number;
  /** Length of the answer as it is sent. @defaultValue 1 MiB */
  readonly maxBodyBytes?: number;
  /** Length of the answer when it is unpacked. @defaultValue 2 MiB */
  readonly maxDecodedBytes?: number;
  /** Redirects followed. @defaultValue 5 */
  readonly maxRedirects?: number;
  /** Peers taken from the answer. @defaultValue 500 */
  readonly maxPeers?: number;
  /** @defaultValue 'millrace' */
  readonly userAgent?: string;
  /** Address of this machine to connect from. */
  readonly localAddress?: string;
  /**
   * Proxy to ask through: `http://[user:password@]host:port`, `socks5://…` or `socks5h://…`. It looks names up itself.
   * What does not go through a proxy, such as UDP, is refused. @defaultValue none; the environment is not read
   */
  readonly proxy?: string;
  /** Whether the tracker's name may stand for an address of this machine or its network. @defaultValue false */
  readonly allowPrivate?: boolean;
  /** Stops the announce; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a scrape: those of an announce that have to do with it. */
export type ScrapeOptions = Omit<AnnounceOptions, 'maxPeers'>;

/** Every option with its default. */
export interface AnnounceLimits {
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxDecodedBytes: number;
  readonly maxRedirects: number;
  readonly maxPeers: number;
  readonly userAgent: string;
  readonly localAddress: string | undefined;
  readonly proxy: Proxy | undefined;
  readonly allowPrivate: boolean;
}

/** Longest wait of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * @throws {RangeError} if a number is out of range or `localAddress` is no IP address.
 * @throws {TypeError} if `userAgent` cannot stand in a header, or `proxy` is no URL of a proxy.
 */
export function resolveOptions(options: AnnounceOptions): AnnounceLimits {
  const { userAgent = 'millrace', localAddress } = options;
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new RangeError('Cannot ask with this localAddress: it must be an IP address');
  }
  if (!/^[ -~]+$/.test(userAgent)) {
    throw new TypeError('Cannot ask with this userAgent: it must be printable ASCII');
  }
  return {
    timeoutMs: checked('timeoutMs', options.timeoutMs ?? 30_000, 1, MAX_TIMER_MS),
    idleTimeoutMs: checked('idleTimeoutMs', options.idleTimeoutMs ?? 10_000, 1, MAX_TIMER_MS),
    maxBodyBytes: checked('maxBodyBytes', options.maxBodyBytes ?? 2 ** 20, 0),
    maxDecodedBytes: checked('maxDecodedBytes', options.maxDecodedBytes ?? 2 ** 21, 0),
    maxRedirects: checked('maxRedirects', options.maxRedirects ?? 5, 0),
    maxPeers: checked('maxPeers', options.maxPeers ?? DEFAULT_MAX_PEERS, 0),
    userAgent,
    localAddress,
    proxy: options.proxy === undefined ? undefined : parseProxy(options.proxy),
    allowPrivate: options.allowPrivate ?? false,
  };
}

function checked(name: string, value: number, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot ask with ${name} ${value}: it must be a whole number of ${least} to ${most}`,
    );
  }
  return value;
}
