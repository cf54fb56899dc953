import { type AddressScope, scopeOf } from '../address-scope.ts';
import { HostResolver, systemLookup } from './host-resolver.ts';

/** What an announce takes from the world around it. Tests put their own here. */
export interface Environment {
  readonly resolver: HostResolver;
  readonly scopeOf: (address: string) => AddressScope;
  /** Certificates trusted instead of the system's. */
  readonly ca: string | undefined;
}

/** Lookups at once: half of the threads that libuv has by default. */
const MAX_LOOKUPS = 2;

export const SYSTEM: Environment = {
  resolver: new HostResolver(systemLookup, MAX_LOOKUPS),
  scopeOf,
  ca: undefined,
};
