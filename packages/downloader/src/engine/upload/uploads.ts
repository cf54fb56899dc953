import type { PieceLayout } from '@millrace/metainfo';
import type { Bitfield, PeerSession } from '@millrace/peer-wire';
import type { PeerKey } from '../../policy/piece-picker.ts';
import type { RateLimiter, RateShare } from '../../policy/rate-limiter.ts';
import type { PieceStore } from '../../storage/piece-store.ts';
import type { SendBuffers } from './send-buffers.ts';
import type { SuperSeed } from './super-seed.ts';

export interface UploadsOptions {
  readonly layout: PieceLayout;
  readonly store: PieceStore;
  /** The pieces that are had: a live view. */
  readonly have: Bitfield;
  readonly buffers: SendBuffers;
  readonly limiter: RateLimiter;
  readonly now: () => number;
  /** A piece that was had cannot be read any more, or was changed. */
  readonly onLost: (index: number) => void;
}

/** What a torrent gives to its peers: which pieces, from where, how fast, and how much it was. */
export class Uploads {
  readonly layout: PieceLayout;
  readonly buffers: SendBuffers;
  readonly have: Bitfield;
  readonly now: () => number;
  /** Decides which pieces peers know that we have, where not all. */
  superSeed: SuperSeed | undefined;
  readonly #options: UploadsOptions;
  #uploadedLength = 0;

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.layout = options.layout;
    this.buffers = options.buffers;
    this.have = options.have;
    this.now = options.now;
  }

  /** Block bytes that the system has taken. */
  get uploadedLength(): number {
    return this.#uploadedLength;
  }

  has(index: number): boolean {
    return this.have.has(index);
  }

  /** Whether a peer was told of all that we have. */
  get isOpen(): boolean {
    return this.superSeed === undefined || this.superSeed.isOver;
  }

  /** Whether a piece is there, and a peer knows it. */
  shows(index: number, peer: PeerKey): boolean {
    return this.has(index) && (this.superSeed === undefined || this.superSeed.mayAsk(peer, index));
  }

  /** Makes one peer's part in what may be sent. */
  share(onTurn: () => void): RateShare {
    return this.#options.limiter.share(onTurn);
  }

  /** Reads blocks; see {@link PieceStore.read}. What cannot be read is not there. */
  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean> {
    // It may have been lost after it was asked for.
    if (!this.has(index)) return false;
    try {
      const answer = this.#options.store.read(index, begin, targets);
      return typeof answer === 'boolean' ? answer : answer.catch(() => false);
    } catch {
      return false;
    }
  }

  sent(length: number): void {
    this.#uploadedLength += length;
  }

  lost(index: number): void {
    this.#options.onLost(index);
  }

  /** Says to a peer which pieces we have, which is to be the first that it hears. */
  introduce(session: PeerSession): void {
    const { have, isOpen } = this;
    if (!isOpen) {
      if (session.isFast) session.send({ type: 'haveNone' });
    } else if (session.isFast && (have.isFull || have.count === 0))
      session.send({ type: have.isFull ? 'haveAll' : 'haveNone' });
    else if (have.count > 0) session.send({ type: 'bitfield', bits: have.encode() });
  }
}
