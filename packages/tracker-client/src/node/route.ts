import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { isNarrower, type AddressScope } from '../address-scope.ts';
import { TrackerError } from '../error.ts';
import { redactUrl } from '../redact.ts';
import { formatHttpUrl, type HttpUrl } from '../tracker-url.ts';
import type { Environment } from './environment.ts';
import type { Proxy } from './proxy.ts';

export interface RouteOptions {
  readonly url: HttpUrl;
  /** How far the address of the first server reached; `undefined` if this is the first. */
  readonly firstScope: AddressScope | undefined;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Whether a name may stand for an address that is not public. */
  readonly allowPrivate?: boolean | undefined;
  /** Whether what is asked has no say in where it goes: a UDP tracker sees no path, and needs none. @defaultValue false */
  readonly isPathless?: boolean;
  /** Named in errors. */
  readonly tracker: string;
}

/** The addresses a server may be connected at, all of one scope. */
export interface Route {
  readonly addresses: readonly LookupAddress[];
  readonly scope: AddressScope;
}

/** What a tracker is asked for: a local address must have it in its path, so that a request can do no harm elsewhere. */
const TRACKER_SEGMENT = /\/(?:announce|scrape)(?:\.[^/]*)?(?:\/|$)/i;

/**
 * Finds a server and checks that it may be asked: a torrent, or a tracker on the Internet, must not make this machine
 * send requests to servers that only it can reach.
 *
 * @throws {TrackerError} `NOT_RESOLVED`, `ADDRESS_REFUSED` or `REDIRECT_REFUSED`.
 */
export async function findRoute(options: RouteOptions): Promise<Route> {
  const { environment, url, tracker, signal } = options;
  const found = await resolveHost(url.hostname, environment, signal, (reason, cause) => {
    throw new TrackerError({ code: 'NOT_RESOLVED', tracker, host: url.hostname, reason }, { cause });
  });
  const scopes = found.map(({ address }) => environment.scopeOf(address));
  // Of a name with addresses of several kinds only the most public are used: the others are not what it stands for.
  const scope = scopes.reduce((widest, other) => (isNarrower(widest, other) ? other : widest));
  const addresses = found.filter((_, index) => scopes[index] === scope);
  requireAllowed(scope, addresses[0]?.address ?? '', options);
  return { addresses, scope };
}

/**
 * Finds the way to a proxy, and checks what can be known of the server behind it: where its name leads is the proxy's
 * knowledge, but an address stands for itself.
 *
 * @throws {TrackerError} `PROXY_FAILED`, `ADDRESS_REFUSED` or `REDIRECT_REFUSED`.
 */
export async function findProxyRoute(proxy: Proxy, options: RouteOptions): Promise<Route> {
  const { environment, url, tracker, signal } = options;
  const { hostname } = url;
  const scope =
    isIP(hostname) !== 0 ? environment.scopeOf(hostname) : isLocalhost(hostname) ? 'loopback' : 'public';
  requireAllowed(scope, hostname, options);
  const addresses = await resolveHost(proxy.hostname, environment, signal, (reason, cause) => {
    const detail = {
      code: 'PROXY_FAILED',
      tracker,
      proxy: proxy.name,
      problem: 'UNREACHABLE',
      reason,
    } as const;
    throw new TrackerError(detail, { cause });
  });
  return { addresses, scope };
}

function requireAllowed(scope: AddressScope, address: string, options: RouteOptions): void {
  const { url, firstScope, tracker, allowPrivate = false, isPathless = false } = options;
  const isLocalService =
    scope !== 'public' && !isPathless && !TRACKER_SEGMENT.test(url.path.replace(/\?.*$/s, ''));
  if (firstScope === undefined) {
    const refused = { code: 'ADDRESS_REFUSED', tracker, address } as const;
    const isNamed = isIP(url.hostname) === 0 && !isLocalhost(url.hostname);
    if (scope !== 'public' && isNamed && !allowPrivate)
      throw new TrackerError({ ...refused, problem: 'PRIVATE_NAME' });
    if (isLocalService) throw new TrackerError({ ...refused, problem: 'LOCAL_PATH' });
  } else {
    const target = redactUrl(formatHttpUrl(url));
    const refused = { code: 'REDIRECT_REFUSED', tracker, target } as const;
    if (isNarrower(scope, firstScope)) throw new TrackerError({ ...refused, problem: 'NARROWER_ADDRESS' });
    if (isLocalService) throw new TrackerError({ ...refused, problem: 'LOCAL_PATH' });
  }
}

/** Tells whether a name says by itself that it is this machine. */
function isLocalhost(hostname: string): boolean {
  return /^(?:.*\.)?localhost\.?$/.test(hostname);
}

/** Looks a host up; `fail` says why it cannot be. @throws the signal's reason; what `fail` throws. */
async function resolveHost(
  host: string,
  { resolver }: Environment,
  signal: AbortSignal,
  fail: (reason: string, cause?: unknown) => never,
): Promise<readonly LookupAddress[]> {
  let found: readonly LookupAddress[];
  try {
    found = await resolver.resolve(host, signal);
  } catch (error) {
    signal.throwIfAborted();
    return fail(error instanceof Error && 'code' in error ? String(error.code) : 'FAILED', error);
  }
  return found.length > 0 ? found : fail('NO_ADDRESS');
}
