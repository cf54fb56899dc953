import type { LookupAddress } from 'node:dns';
import { isNarrower, type AddressScope } from '../address-scope.ts';
import { TrackerError } from '../error.ts';
import { redactUrl } from '../redact.ts';
import { formatHttpUrl, type HttpUrl } from '../tracker-url.ts';
import type { Environment } from './environment.ts';

export interface RouteOptions {
  readonly url: HttpUrl;
  /** How far the address of the first server reached; `undefined` if this is the first. */
  readonly firstScope: AddressScope | undefined;
  readonly environment: Environment;
  readonly signal: AbortSignal;
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
  const { url, firstScope, environment, tracker } = options;
  const found = await resolveHost(options);
  const scopes = found.map(({ address }) => environment.scopeOf(address));
  // Of a name with addresses of several kinds only the most public are used: the others are not what it stands for.
  const scope = scopes.reduce((widest, other) => (isNarrower(widest, other) ? other : widest));
  const addresses = found.filter((_, index) => scopes[index] === scope);
  const isLocalService = scope !== 'public' && !TRACKER_SEGMENT.test(url.path.replace(/\?.*$/s, ''));
  if (firstScope === undefined) {
    const address = addresses[0]?.address ?? '';
    if (isLocalService) throw new TrackerError({ code: 'ADDRESS_REFUSED', tracker, address });
  } else {
    const target = redactUrl(formatHttpUrl(url));
    const refused = { code: 'REDIRECT_REFUSED', tracker, target } as const;
    if (isNarrower(scope, firstScope)) throw new TrackerError({ ...refused, problem: 'NARROWER_ADDRESS' });
    if (isLocalService) throw new TrackerError({ ...refused, problem: 'LOCAL_PATH' });
  }
  return { addresses, scope };
}

async function resolveHost({
  url,
  environment,
  signal,
  tracker,
}: RouteOptions): Promise<readonly LookupAddress[]> {
  const { hostname: host } = url;
  try {
    const found = await environment.resolver.resolve(host, signal);
    if (found.length > 0) return found;
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
    throw new TrackerError({ code: 'NOT_RESOLVED', tracker, host, reason }, { cause: error });
  }
  throw new TrackerError({ code: 'NOT_RESOLVED', tracker, host, reason: 'NO_ADDRESS' });
}
