import type { BlockRange, Metainfo } from '@millrace/metainfo';
import type { Bitfield, Handshake } from '@millrace/peer-wire';
import type { Clock } from '../clock.ts';
import type { PeerBehaviour } from './behaviour.ts';
import type { PeerStatistics } from './statistics.ts';

/** What the connections of one peer have in common. */
export interface ConnectionOwner {
  readonly metainfo: Pick<Metainfo, 'infoHash' | 'layout'>;
  readonly payload: Uint8Array;
  readonly clock: Clock;
  readonly behaviour: PeerBehaviour;
  readonly handshake: Handshake;
  readonly statistics: PeerStatistics;
  readonly have: Bitfield;
  /** Whether it has sent all that it will ever send. */
  readonly isDead: boolean;
  die(): void;
  isCorrupt(block: BlockRange): boolean;
  /** Accounts for block bytes sent now, and answers when the next block may be sent. */
  pay(length: number, nowMs: number): number;
  onHandshake(): void;
  onConnectionClosed(connection: Connection, reason: unknown): void;
  /** Something has happened that someone may be waiting for. */
  changed(): void;
}

/** What a peer asks of its connections. */
export interface Connection {
  close(reason?: unknown): void;
  /** Tells the remote of a piece that has come later. */
  sendHave(index: number): void;
}
