import type { StoreResult } from '../core/search.ts';
import type { Endpoint } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import type { LookupResult } from '../lookup/lookup.ts';
import { QUERY_TIMEOUT_MS, type Refusal } from '../traffic/rpc.ts';
import { formatAddress, toAddress } from './address.ts';

/** Where something was stored. */
export interface Stored {
  /** Nodes that took it. */
  readonly nodes: number;
  /** Nodes that were asked to. */
  readonly asked: number;
}

/** Why one node did not answer: it said so, or said nothing. */
export function failureOf(endpoint: Endpoint, refusal: Refusal | undefined): DhtError {
  const node = formatAddress(toAddress(endpoint));
  if (refusal === undefined) return new DhtError({ code: 'TIMED_OUT', node, waitedMs: QUERY_TIMEOUT_MS });
  return new DhtError({ code: 'REFUSED', node, errorCode: refusal.errorCode, reason: refusal.reason });
}

/** The error of searches in which nobody answered, if that is so. */
export function noNodes(results: readonly LookupResult[]): DhtError | undefined {
  if (results.some(({ answers }) => answers > 0)) return undefined;
  return new DhtError({ code: 'NO_NODES', asked: results.reduce((sum, { queries }) => sum + queries, 0) });
}

/** Adds up where something was stored. @throws {DhtError} `NO_NODES` or `NOT_STORED` if it is nowhere. */
export function storedOn(results: readonly StoreResult[]): Stored {
  const nodes = results.reduce((sum, { stored }) => sum + stored, 0);
  const asked = results.reduce((sum, each) => sum + each.asked, 0);
  if (nodes > 0) return { nodes, asked };
  throw (
    noNodes(results) ??
    new DhtError({ code: 'NOT_STORED', asked, refusals: results.flatMap(({ refusals }) => refusals) })
  );
}
