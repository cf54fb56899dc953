import type { SwarmOptions } from '@millrace/downloader/node';
import { parsePeer } from './parse-peer.ts';

/** Flags of every command that downloads: where from, and how much of the machine it may take. */
export interface SourceFlags {
  readonly peer?: readonly string[];
  readonly tracker?: readonly string[];
  readonly maxPeers?: number;
  /** In bytes. */
  readonly memory?: number;
  /** In milliseconds. */
  readonly requestTimeout?: number;
  readonly port?: number;
}

/**
 * Translates flags; what was not given is left out, so that the engine's defaults hold.
 *
 * @throws {UsageError} if a peer is no address.
 */
export function toSwarmOptions(flags: SourceFlags): SwarmOptions {
  return {
    ...(flags.peer !== undefined && { peers: flags.peer.map((text) => parsePeer(text)) }),
    // One tier: they are tried as equals.
    ...(flags.tracker !== undefined && { trackers: [flags.tracker] }),
    ...(flags.maxPeers !== undefined && { maxPeers: flags.maxPeers }),
    ...(flags.memory !== undefined && { memoryBytes: flags.memory }),
    ...(flags.requestTimeout !== undefined && { requestTimeoutMs: flags.requestTimeout }),
    ...(flags.port !== undefined && { port: flags.port }),
  };
}
