import type { Bitfield } from '@millrace/peer-wire';
import type { Clock, Timer } from '../clock.ts';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { PeerKey } from '../policy/piece-picker.ts';

/** A peer as far as it is kept busy. */
export interface WorkingPeer {
  readonly key: PeerKey;
  readonly session: { readonly remoteHave: Bitfield };
  /** Block bytes that it brought and we used. */
  readonly usefulLength: number;
  /** Whether it is our own limit that keeps us from asking it for more. */
  readonly isHeldBack: boolean;
  /** Asks for what there is room for, and sends what is queued. */
  pump(nowMs: number): void;
  /** Takes all requests back; whoever has it done sees to it that others are asked. */
  takeBack(): void;
}

export interface StarvedPeersOptions {
  readonly blocks: BlockPicker;
  /** Finds a connected peer. */
  readonly peer: (key: PeerKey) => WorkingPeer | undefined;
  /** Whether no one is asked for anything, because too much waits to be written. */
  readonly isBehind: () => boolean;
  readonly clock: Clock;
  /** Aborted when no one is to be asked for anything any more. */
  readonly signal: AbortSignal;
}

/** How soon after it was begun a piece must be written for its memory to be gathered. */
const QUICK_MS = 600;
/** Time for which memory is gathered at the most, to be given out together. */
const GATHERING_MS = 20;
/** Peers in a row that find nothing when memory came free, after which the others need not try: the next tick has them all. */
const MAX_VAIN = 8;

/**
 * Peers with room for requests and nothing to ask them for. They wait until memory comes free, or blocks do. Where that is seldom,
 * they take turns; where peers are so quick that it is often, few of them are asked for much at a time.
 */
export class StarvedPeers {
  readonly #options: StarvedPeersOptions;
  /** Those for whom there may be something, in the order in which they ran dry. */
  readonly #dry = new Set<WorkingPeer>();
  /** Those for whom there was nothing when it was their turn. No one is in both. */
  readonly #vain = new Set<WorkingPeer>();
  #timer: Timer | undefined;

  constructor(options: StarvedPeersOptions) {
    this.#options = options;
  }

  /** There is room for requests, but nothing to ask this peer for. */
  add(peer: WorkingPeer): void {
    if (!this.#vain.has(peer)) this.#dry.add(peer);
  }

  /** A connection ended. */
  left(peer: WorkingPeer): void {
    this.#dry.delete(peer);
    this.#vain.delete(peer);
  }

  /**
   * Memory came free: it is given out at once or, where that is often, together with more.
   *
   * @param begunMs - When the piece that it was for was first asked for.
   */
  onRoom(begunMs: number): void {
    const { blocks, clock, signal } = this.#options;
    if (clock.now() - begunMs > QUICK_MS) {
      blocks.giveOut();
      this.#feed(this.#byAge(), MAX_VAIN);
    } else if (!blocks.isSpent) this.#feed(this.#quickFirst(), MAX_VAIN);
    else if (!signal.aborted) this.#timer ??= clock.setTimer(GATHERING_MS, () => this.#endGathering());
  }

  /** Gives those a chance that had nothing to ask for: memory came free, or blocks did. */
  feed(): void {
    this.#feed(this.#byAge(), Infinity);
  }

  /** The peer could send, and there was nothing to ask it for, for so long: what holds it up for too long is given up. */
  heldUp(peer: WorkingPeer, idleMs: number): void {
    const { blocks, clock } = this.#options;
    const piece = blocks.blocker(peer.key, peer.session.remoteHave, idleMs);
    if (piece === undefined) return;
    // Of those who wait, the one that has given most.
    for (const { usefulLength, session } of [...this.#dry, ...this.#vain])
      if (usefulLength > peer.usefulLength && session.remoteHave.has(piece.index)) return;
    const holder = piece.exclusiveTo === undefined ? undefined : this.#options.peer(piece.exclusiveTo);
    // Where it is our own limit that makes it last, no one else would be quicker.
    if (holder?.isHeldBack === true) return;
    holder?.takeBack();
    blocks.giveUp(piece);
    peer.pump(clock.now());
    this.feed();
  }

  /** No one is to be asked for anything any more: the signal is aborted. */
  close(): void {
    this.#timer?.cancel();
  }

  #endGathering(): void {
    this.#timer = undefined;
    this.#options.blocks.giveOut();
    this.#feed(this.#quickFirst(), MAX_VAIN);
  }

  /** @param maxVain - After how many in a row that still find nothing the others need not try. */
  #feed(turns: readonly WorkingPeer[], maxVain: number): void {
    const { blocks, clock, isBehind, signal } = this.#options;
    if (signal.aborted || isBehind()) return;
    const nowMs = clock.now();
    let vain = 0;
    for (const peer of turns) {
      if (vain === maxVain || !blocks.mayOffer) return;
      this.left(peer);
      peer.pump(nowMs);
      const isVain = this.#dry.has(peer) && blocks.mayOffer;
      vain = isVain ? vain + 1 : 0;
      if (!isVain) continue;
      this.#dry.delete(peer);
      this.#vain.add(peer);
    }
  }

  #byAge(): readonly WorkingPeer[] {
    return [...this.#dry, ...this.#vain];
  }

  /** Those that ran dry last come first, but for those that have waited longest: of others no one would know how quick they are. */
  #quickFirst(): readonly WorkingPeer[] {
    const dry = [...this.#dry];
    const vain = [...this.#vain];
    return [...dry.splice(0, 1), ...vain.splice(0, 1), ...dry.toReversed(), ...vain];
  }
}
