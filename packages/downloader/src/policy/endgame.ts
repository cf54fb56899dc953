import type { Bitfield } from '@millrace/peer-wire';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerKey } from './piece-picker.ts';

/** A block to ask for. */
export interface BlockChoice {
  readonly piece: OpenPiece;
  readonly block: number;
}

/** A peer that could be asked for what another owes. */
export interface Helper {
  readonly nowMs: number;
  /** How long the peer took for the last block that it sent, in milliseconds. */
  readonly latencyMs: number;
}

/** What one peer is asked for after another. */
interface Seconds {
  /** Blocks it was asked for, and may still owe. */
  choices: readonly BlockChoice[];
  /** How many at a time. */
  allowance: number;
  /** The state of things in which there was nothing to ask it for, to not look again in vain: changes, pieces it had. */
  exhaustedAt: number;
  exhaustedWith: number;
  /** When there may be something all the same. */
  exhaustedUntilMs: number;
}

/**
 * Time for which one peer owes a block before another is asked for it, in multiples of what that other takes for one: when a
 * network or a machine is slow for a moment, everyone is.
 */
const PATIENCE = 4;
const MIN_PATIENCE_MS = 200;
const MAX_PATIENCE_MS = 2_000;

/**
 * Chooses, when every wanted piece is on its way or no more can be, which block that another peer owes is asked for a second
 * time. Only when it has been owed for a while, and of one peer one at a time, because most of what is owed is about to come
 * anyway: each of hundreds of quick peers would ask for something in vain. While a peer is quicker than those who owe, it
 * is asked for two, then four.
 */
export class Endgame {
  /** Pieces on their way: a live view. */
  readonly #open: ReadonlyMap<number, OpenPiece>;
  readonly #peers = new Map<PeerKey, Seconds>();

  constructor(open: ReadonlyMap<number, OpenPiece>) {
    this.#open = open;
  }

  /**
   * Chooses a block, which the caller notes as requested. Answers `undefined` if there is nothing to ask this peer for now.
   *
   * @param moment - The peer's, and requests made and released so far: what could not be asked for may be when this has changed.
   */
  pick(
    peer: PeerKey,
    have: Bitfield,
    moment: Helper & { readonly changeCount: number },
  ): BlockChoice | undefined {
    const { nowMs, changeCount } = moment;
    const patienceMs = Math.min(Math.max(PATIENCE * moment.latencyMs, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
    const seconds = this.#peers.get(peer) ?? {
      choices: [],
      allowance: 1,
      exhaustedAt: -1,
      exhaustedWith: -1,
      exhaustedUntilMs: -Infinity,
    };
    this.#peers.set(peer, seconds);
    const isUnchanged = seconds.exhaustedAt === changeCount && seconds.exhaustedWith === have.count;
    if (isUnchanged && nowMs < seconds.exhaustedUntilMs) return undefined;
    if (!this.#isAllowed(peer, seconds)) return undefined;
    const choice = this.#findOwed(peer, have, nowMs - patienceMs);
    if (choice === undefined) {
      seconds.exhaustedAt = changeCount;
      seconds.exhaustedWith = have.count;
      seconds.exhaustedUntilMs = patienceMs + this.#nextAskedMs(nowMs - patienceMs);
      return undefined;
    }
    seconds.choices = [...seconds.choices, choice];
    return choice;
  }

  /** Forgets a peer that left. */
  removePeer(peer: PeerKey): void {
    this.#peers.delete(peer);
  }

  /** Whether a peer may be asked for one more. When all of those have come, and it was first with some, for twice as many. */
  #isAllowed(peer: PeerKey, seconds: Seconds): boolean {
    const { choices, allowance } = seconds;
    if (choices.length < allowance) return true;
    const isOwed = ({ piece, block }: BlockChoice): boolean =>
      this.#open.get(piece.index) === piece && piece.asked(block).includes(peer);
    if (choices.some(isOwed)) return false;
    const wasFirst = choices.some(({ piece }) => piece.contributors().has(peer));
    seconds.choices = [];
    seconds.allowance = wasFirst ? 2 * allowance : 1;
    return true;
  }

  /**
   * The last block that another peer owes: it sends them in order, so that this one is furthest from coming.
   *
   * @param dueMs - What was asked for by then has been owed for long enough.
   */
  #findOwed(peer: PeerKey, have: Bitfield, dueMs: number): BlockChoice | undefined {
    for (const piece of this.#open.values()) {
      if (piece.askedMs > dueMs || piece.isExclusive || !have.has(piece.index)) continue;
      for (let block = piece.blockCount - 1; block >= 0; block -= 1)
        if (piece.mayAsk(block, peer)) return { piece, block };
    }
    return undefined;
  }

  /** When the next piece was asked for that was not by `dueMs`. */
  #nextAskedMs(dueMs: number): number {
    let nextMs = Infinity;
    for (const { askedMs } of this.#open.values()) if (askedMs > dueMs) nextMs = Math.min(nextMs, askedMs);
    return nextMs;
  }
}
