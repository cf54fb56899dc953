/** Pieces refused one after the other, without a block in between, after which a peer is left alone for a while. */
const MAX_IN_A_ROW = 4;
/** Time after the first refusal; it doubles with each piece refused in a row. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;

const NONE: readonly number[] = [];

/**
 * The pieces that a peer refused though it lets us in, and when it may be asked for them again. A piece is refused until
 * the pause is over, and the pause grows, so that a peer that refuses everything is asked a few times a minute.
 */
export class Refusals {
  readonly #pieces = new Set<number>();
  #inARow = 0;
  #endMs = 0;

  /** Notes that a piece was refused. Answers whether it was not refused already. */
  refuse(piece: number, nowMs: number): boolean {
    if (this.#pieces.has(piece)) return false;
    this.#pieces.add(piece);
    this.#inARow += 1;
    this.#endMs = nowMs + Math.min(FIRST_PAUSE_MS * 2 ** (this.#inARow - 1), LAST_PAUSE_MS);
    return true;
  }

  /** The peer sent a block: it does not refuse everything. */
  answered(): void {
    this.#inARow = 0;
  }

  /** Whether the peer is not to be asked for anything now. */
  isPaused(nowMs: number): boolean {
    return this.#inARow >= MAX_IN_A_ROW && nowMs < this.#endMs;
  }

  /** Takes the pieces that it may be asked for again. */
  takeOver(nowMs: number): readonly number[] {
    return this.#pieces.size === 0 || nowMs < this.#endMs ? NONE : this.#takeAll();
  }

  /** Takes all pieces: that they were refused had another reason. */
  takeBack(): readonly number[] {
    this.#inARow = 0;
    return this.#pieces.size === 0 ? NONE : this.#takeAll();
  }

  #takeAll(): readonly number[] {
    const pieces = [...this.#pieces];
    this.#pieces.clear();
    return pieces;
  }
}
