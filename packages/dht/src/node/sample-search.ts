import type { Endpoint } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import type { KrpcAnswer } from '../krpc/message.ts';
import type { LookupResult } from '../lookup/lookup.ts';
import { ID_LENGTH } from '../node-id.ts';
import { abortable } from './abortable.ts';
import { formatAddress, type NodeAddress, toAddress } from './address.ts';
import { failureOf } from './failure.ts';
import type { Member } from './member.ts';

/** What one node says of the info hashes that it has peers of. {@link https://www.bittorrent.org/beps/bep_0051.html | BEP 51} */
export interface Sample {
  readonly node: NodeAddress;
  /** Some of them, 20 bytes each. */
  readonly infoHashes: readonly Uint8Array[];
  /** How many it has, if it says so. */
  readonly total: number | undefined;
  /** How long it will say the same, if it says so. */
  readonly intervalMs: number | undefined;
}

/** Asks the nodes on the way to a target. Nodes that do not know the question are passed over. */
export function sampleAlong(
  member: Member,
  target: Uint8Array,
  signal: AbortSignal | undefined,
  onSample: (sample: Sample) => void,
): Promise<LookupResult> {
  return abortable(signal, (resolve) =>
    member.run((core, nowMs) =>
      core.lookup(
        target,
        { method: 'sample_infohashes', target },
        {
          onAnswer: ({ endpoint }, answer) => {
            if (answer.samples !== undefined) onSample(toSample(endpoint, answer));
          },
          onDone: resolve,
        },
        nowMs,
      ),
    ),
  );
}

/** Asks one node. @throws {DhtError} `TIMED_OUT`, or `REFUSED`, also if it does not know the question. */
export async function sampleOne(
  member: Member,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<Sample> {
  const outcome = await abortable<Sample | DhtError>(signal, (resolve) =>
    member.run((core, nowMs) => {
      core.ask(
        endpoint,
        { method: 'sample_infohashes', target: core.id },
        (result) => {
          if (result === undefined || 'errorCode' in result) resolve(failureOf(endpoint, result));
          else if (result.answer.samples === undefined) resolve(unsupported(endpoint));
          else resolve(toSample(endpoint, result.answer));
        },
        nowMs,
      );
      return undefined;
    }),
  );
  if (outcome instanceof DhtError) throw outcome;
  return outcome;
}

function unsupported(endpoint: Endpoint): DhtError {
  const node = formatAddress(toAddress(endpoint));
  return new DhtError({ code: 'REFUSED', node, errorCode: 204, reason: 'no samples in its answer' });
}

function toSample(endpoint: Endpoint, { samples = new Uint8Array(), ...answer }: KrpcAnswer): Sample {
  const infoHashes: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += ID_LENGTH)
    infoHashes.push(samples.subarray(at, at + ID_LENGTH));
  return {
    node: toAddress(endpoint),
    infoHashes,
    total: answer.sampleCount,
    intervalMs: answer.sampleIntervalMs,
  };
}
