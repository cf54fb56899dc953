import type { PeerKey } from './piece-picker.ts';

/** One block of a piece that failed: who gave it, and what tells it from another version of it. */
export interface GivenBlock {
  readonly peer: PeerKey;
  readonly fingerprint: number;
}

/** Blocks remembered: those of 1 GiB. */
const MAX_BLOCKS = 65_536;

/**
 * Finds out who gave the wrong blocks of a piece that several peers gave together. What failed is remembered; once the
 * piece is right, those are guilty whose blocks were others. Nobody is accused of a block that was right.
 *
 * Of each piece the last failure is remembered; when there are too many, the oldest are forgotten.
 */
export class SmartBan {
  readonly #maxBlocks: number;
  readonly #failures = new Map<number, readonly GivenBlock[]>();
  #blockCount = 0;

  /** @param maxBlocks - Blocks to remember; those of the last failure are remembered in any case. */
  constructor(maxBlocks: number = MAX_BLOCKS) {
    this.#maxBlocks = maxBlocks;
  }

  /** Whether a failure of the piece is remembered: its blocks are to be kept apart when it comes again. */
  remembers(index: number): boolean {
    return this.#failures.has(index);
  }

  /** A piece failed; these are its blocks, in order. */
  failed(index: number, blocks: readonly GivenBlock[]): void {
    this.#forget(index);
    this.#failures.set(index, blocks);
    this.#blockCount += blocks.length;
    for (const oldest of this.#failures.keys()) {
      if (this.#blockCount <= this.#maxBlocks || oldest === index) return;
      this.#forget(oldest);
    }
  }

  /** A piece is right; these are the fingerprints of its blocks. Answers who gave others when it failed. */
  passed(index: number, fingerprints: readonly number[]): ReadonlySet<PeerKey> {
    const guilty = new Set<PeerKey>();
    for (const [block, { peer, fingerprint }] of (this.#failures.get(index) ?? []).entries())
      if (fingerprint !== fingerprints[block]) guilty.add(peer);
    this.#forget(index);
    return guilty;
  }

  #forget(index: number): void {
    this.#blockCount -= this.#failures.get(index)?.length ?? 0;
    this.#failures.delete(index);
  }
}
