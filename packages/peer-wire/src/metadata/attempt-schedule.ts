import type { MetadataAttempt } from './metadata-attempt.ts';

/** An attempt that brought nothing for so long gives way to others that wait. */
const STALLED_MS = 15_000;
/** The time that an attempt has, and what it must bring besides. */
const TURN_MS = 20_000;
const SLOWEST_BYTES_PER_MS = 64;

/**
 * Decides which attempts are made at once: their lengths together are never more than the budget. Those that wait take
 * turns with those that do not come to an end, the least tried first, then those with more peers, then the shorter.
 */
export class AttemptSchedule<Peer> {
  readonly #budget: number;
  readonly #attempts = new Set<MetadataAttempt<Peer>>();
  #activeLength = 0;

  /** @param budget - Bytes, at least the length of the longest attempt. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  add(attempt: MetadataAttempt<Peer>): void {
    this.#attempts.add(attempt);
  }

  /** Takes an attempt out that has been reset. */
  remove(attempt: MetadataAttempt<Peer>): void {
    this.#attempts.delete(attempt);
    this.#count();
  }

  clear(): void {
    for (const attempt of this.#attempts) attempt.reset();
    this.#attempts.clear();
    this.#activeLength = 0;
  }

  /** The attempt that has received most. */
  furthest(): MetadataAttempt<Peer> | undefined {
    let best: MetadataAttempt<Peer> | undefined;
    for (const attempt of this.#attempts) {
      if (best === undefined || attempt.receivedLength > best.receivedLength) best = attempt;
    }
    return best;
  }

  /** Begins what there is room for. @returns The attempts that gave way: what they had is thrown away. */
  update(nowMs: number): readonly MetadataAttempt<Peer>[] {
    this.#count();
    const waiting = [...this.#attempts].filter((attempt) => !attempt.isActive && attempt.peers.size > 0);
    if (waiting.length === 0) return [];
    const gaveWay = waiting.every(({ length }) => this.#activeLength + length > this.#budget)
      ? this.#makeWay(nowMs)
      : [];
    for (const attempt of waiting.toSorted(compare)) {
      if (this.#activeLength + attempt.length > this.#budget) continue;
      attempt.begin(nowMs);
      this.#activeLength += attempt.length;
    }
    return gaveWay;
  }

  #makeWay(nowMs: number): readonly MetadataAttempt<Peer>[] {
    const overdue = [...this.#attempts].filter((attempt) => isOverdue(attempt, nowMs));
    for (const attempt of overdue) {
      attempt.reset();
      attempt.turns += 1;
    }
    this.#count();
    return overdue;
  }

  #count(): void {
    this.#activeLength = 0;
    for (const { isActive, length } of this.#attempts) if (isActive) this.#activeLength += length;
  }
}

function isOverdue<Peer>(attempt: MetadataAttempt<Peer>, nowMs: number): boolean {
  if (!attempt.isActive) return false;
  const turnMs = TURN_MS + attempt.length / SLOWEST_BYTES_PER_MS;
  return nowMs - attempt.lastProgressMs >= STALLED_MS || nowMs - attempt.activeSinceMs >= turnMs;
}

function compare<Peer>(a: MetadataAttempt<Peer>, b: MetadataAttempt<Peer>): number {
  return a.turns - b.turns || b.peers.size - a.peers.size || a.length - b.length;
}
