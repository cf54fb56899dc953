/** How often a torrent is announced. BEP 14: "every 5 minutes". */
const REGULAR_MS = 5 * 60_000;
/** The least time between two announces of a torrent. BEP 14: "no more than 1 announce per minute". */
const LEAST_MS = 60_000;

interface Turn {
  lastMs: number;
  dueMs: number;
}

/** Decides when torrents are announced: at once, then every five minutes; never twice in a minute, whatever is asked. */
export class LocalSchedule<K> {
  readonly #turns = new Map<K, Turn>();
  /** Torrents that were left lately: joining them again does not make them due. */
  readonly #left = new Map<K, number>();

  /** When the next torrent is due; infinite if there is none. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const turn of this.#turns.values()) dueMs = Math.min(dueMs, turn.dueMs);
    return dueMs;
  }

  /** Begins to announce a torrent; it is due at once, if it was not announced within a minute. */
  join(torrent: K, nowMs: number): void {
    if (this.#turns.has(torrent)) return;
    const lastMs = this.#left.get(torrent) ?? -Infinity;
    this.#turns.set(torrent, { lastMs, dueMs: Math.max(nowMs, lastMs + LEAST_MS) });
  }

  leave(torrent: K, nowMs: number): void {
    const turn = this.#turns.get(torrent);
    if (turn === undefined) return;
    this.#turns.delete(torrent);
    for (const [old, lastMs] of this.#left) if (nowMs - lastMs >= LEAST_MS) this.#left.delete(old);
    if (nowMs - turn.lastMs < LEAST_MS) this.#left.set(torrent, turn.lastMs);
  }

  /** Peers are wanted: the torrent is due as soon as a minute has passed since it was announced. */
  hurry(torrent: K, nowMs: number): void {
    const turn = this.#turns.get(torrent);
    if (turn !== undefined) turn.dueMs = Math.min(turn.dueMs, Math.max(nowMs, turn.lastMs + LEAST_MS));
  }

  /** Takes the torrents that are due: they are announced now. */
  takeDue(nowMs: number): K[] {
    const due: K[] = [];
    for (const [torrent, turn] of this.#turns) {
      if (turn.dueMs > nowMs) continue;
      turn.lastMs = nowMs;
      turn.dueMs = nowMs + REGULAR_MS;
      due.push(torrent);
    }
    return due;
  }
}
