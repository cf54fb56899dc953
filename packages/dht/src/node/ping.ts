import type { Endpoint } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import { abortable } from './abortable.ts';
import { type NodeAddress, toAddress } from './address.ts';
import { failureOf } from './failure.ts';
import type { Member } from './member.ts';

/** What a node answers to a ping. */
export interface Pong {
  /** 20 bytes. */
  readonly id: Uint8Array;
  readonly address: NodeAddress;
  readonly roundTripMs: number;
}

/** Asks a node whether it is there. @throws {DhtError} `TIMED_OUT` or `REFUSED` */
export async function pingNode(
  member: Member,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<Pong> {
  const startMs = performance.now();
  const outcome = await abortable<Uint8Array | DhtError>(signal, (resolve) =>
    member.run((core, nowMs) => {
      core.probe(endpoint, nowMs, (result) => {
        if (result === undefined || 'errorCode' in result) resolve(failureOf(endpoint, result));
        else resolve(result.id);
      });
      return undefined;
    }),
  );
  if (outcome instanceof DhtError) throw outcome;
  return { id: outcome, address: toAddress(endpoint), roundTripMs: performance.now() - startMs };
}
