import type { Bitfield } from '@millrace/peer-wire';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerKey } from './piece-picker.ts';

/** A block to ask for. */
export interface BlockChoice {
  readonly piece: OpenPiece;
  readonly block: number;
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
}

/**
 * Chooses, when every wanted piece is on its way or no more can be, which block that another peer owes is asked for a second
 * time. Of one peer one at a time, because most of what is owed is about to come anyway; while it is quicker than those who
 * owe, two, then four.
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
   * @param changeCount - Requests made and released so far: what could not be asked for may be when this has changed.
   */
  pick(peer: PeerKey, have: Bitfield, changeCount: number): BlockChoice | undefined {
    const seconds = this.#peers.get(peer) ?? {
      choices: [],
      allowance: 1,
      exhaustedAt: -1,
      exhaustedWith: -1,
    };
    this.#peers.set(peer, seconds);
    if (seconds.exhaustedAt === changeCount && seconds.exhaustedWith === have.count) return undefined;
    if (!this.#isAllowed(peer, seconds)) return undefined;
    const choice = this.#findOwed(peer, have);
    if (choice === undefined) {
      seconds.exhaustedAt = changeCount;
      seconds.exhaustedWith = have.count;
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

  /** The last block that another peer owes: it sends them in order, so that this one is furthest from coming. */
  #findOwed(peer: PeerKey, have: Bitfield): BlockChoice | undefined {
    for (const piece of this.#open.values()) {
      if (piece.isExclusive || !have.has(piece.index)) continue;
      for (let block = piece.blockCount - 1; block >= 0; block -= 1)
        if (piece.mayAsk(block, peer)) return { piece, block };
    }
    return undefined;
  }
}
