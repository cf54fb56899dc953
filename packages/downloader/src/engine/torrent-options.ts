import type { PieceLayout } from '@millrace/metainfo';
import type { Clock } from '../clock.ts';
import type { DownloadEvent } from '../events.ts';
import type { SeedingGoal } from '../options.ts';
import type { PeerSource } from '../peer-source.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import type { RateLimiter } from '../policy/rate-limiter.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import type { Dial } from './connector.ts';
import type { Identity } from './introduction.ts';
import type { PeerPool } from './peer-pool.ts';
import type { SendBuffers } from './upload/send-buffers.ts';

export interface TorrentOptions extends Identity {
  /** The info dictionary: given to peers that have none. @defaultValue it is not */
  readonly metadata?: Uint8Array | undefined;
  readonly layout: PieceLayout;
  readonly store: PieceStore;
  /** Where peers come from; a pool that was used for something else before is taken over, and closed in the end. */
  readonly sources: readonly PeerSource[] | PeerPool;
  readonly dial: Dial;
  /** Counts the connections of all torrents. @defaultValue there are no others */
  readonly limits?: ConnectionLimits | undefined;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  /** Budget for piece buffers, in bytes. */
  readonly memoryBytes: number;
  /** Time allowed for a requested block to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The pieces to fetch. @defaultValue all */
  readonly wanted?: readonly number[] | undefined;
  /** When to stop giving, once everything wanted is there. @defaultValue at once */
  readonly seeding?: SeedingGoal | undefined;
  /** Whether nothing is fetched: what is there is given. @defaultValue false */
  readonly givesOnly?: boolean | undefined;
  /** How fast may be sent, and asked for. @defaultValue as fast as can be */
  readonly uploadLimiter?: RateLimiter | undefined;
  readonly downloadLimiter?: RateLimiter | undefined;
  /** Peers that may ask at once, besides one that is let in by turns. @defaultValue by the upload limit */
  readonly uploadSlots?: number | undefined;
  /**
   * Whether peers are told of one piece after the other, so that we, the only seed, send each about once (BEP 16). Only if
   * everything is there when it begins. @defaultValue false
   */
  readonly superSeeding?: boolean | undefined;
  /** Memory for blocks on their way to peers, shared with other torrents. @defaultValue 16 MiB of its own */
  readonly sendBuffers?: SendBuffers | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
}
