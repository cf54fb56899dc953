import { isIP } from 'node:net';
import type { ClientOptions, SeedingGoal, SwarmOptions } from '@millrace/downloader/node';
import type { DiscoveryFlags } from './discovery-options.ts';
import { parsePeer } from './parse-peer.ts';
import { type Source, trackersOf } from './source.ts';
import { UsageError } from './usage-error.ts';

/** Flags of every command that reaches peers: where from, and how much of the machine it may take. */
export interface SourceFlags extends DiscoveryFlags {
  readonly peer?: readonly string[];
  readonly tracker?: readonly string[];
  readonly announceToAll?: boolean;
  /** `false` for `--no-pex`. */
  readonly pex?: boolean;
  readonly bind?: string;
  readonly proxy?: string;
  readonly allowPrivate?: boolean;
  /** Time without metadata or peers, in milliseconds. */
  readonly timeout?: number;
  readonly maxPeers?: number;
  /** In bytes. */
  readonly memory?: number;
  /** In milliseconds. */
  readonly requestTimeout?: number;
  readonly port?: number;
  /** `false` for `--no-listen`. */
  readonly listen?: boolean;
  /** In bytes a second. */
  readonly limitDown?: number;
  readonly limitUp?: number;
  readonly uploadSlots?: number;
}

/** Flags that say until when to give. */
export interface SharingFlags {
  readonly seedRatio?: number;
  /** In milliseconds. */
  readonly seedTime?: number;
}

/** Translates when to stop giving; `undefined` if it was not said. A ratio of 0 is never reached by itself. */
export function toSeedingGoal({ seedRatio, seedTime }: SharingFlags): SeedingGoal | undefined {
  if (seedRatio === undefined && seedTime === undefined) return undefined;
  return {
    ...(seedRatio !== undefined && seedRatio > 0 && { ratio: seedRatio }),
    ...(seedTime !== undefined && { timeMs: seedTime }),
  };
}

/**
 * Translates flags that stand for themselves; what was not given is left out, so that the engine's defaults hold.
 *
 * @throws {UsageError} if a peer, or what to bind to, is no address.
 */
export function toSwarmOptions(
  flags: SourceFlags,
): SwarmOptions & Pick<ClientOptions, 'listen' | 'localAddress' | 'port'> {
  const { bind } = flags;
  if (bind !== undefined) checkLocalAddress(bind);
  return {
    ...(flags.peer !== undefined && { peers: flags.peer.map((text) => parsePeer(text)) }),
    ...(flags.announceToAll === true && { announceToAll: true }),
    ...(flags.allowPrivate === true && { allowPrivateTrackers: true }),
    ...(flags.pex === false && { pex: false }),
    ...(bind !== undefined && { localAddress: bind }),
    ...(flags.maxPeers !== undefined && { maxPeers: flags.maxPeers }),
    ...(flags.memory !== undefined && { memoryBytes: flags.memory }),
    ...(flags.requestTimeout !== undefined && { requestTimeoutMs: flags.requestTimeout }),
    ...(flags.port !== undefined && { port: flags.port }),
    ...(flags.listen === false && { listen: false }),
    ...(flags.limitDown !== undefined && { downloadLimit: flags.limitDown }),
    ...(flags.uploadSlots !== undefined && { uploadSlots: flags.uploadSlots }),
    ...(flags.limitUp !== undefined && { uploadLimit: flags.limitUp }),
  };
}

/** Translates `--tracker`: it adds to what the source itself names. */
export function addedTrackers({ tracker }: SourceFlags, source: Source): Pick<SwarmOptions, 'trackers'> {
  return tracker === undefined ? {} : { trackers: trackersOf(source, tracker) };
}

/** @throws {UsageError} if `text` is no IP address. */
export function checkLocalAddress(text: string): void {
  if (isIP(text) !== 0) return;
  throw new UsageError(`Cannot bind to "${text}": it must be an IP address of this machine`);
}
