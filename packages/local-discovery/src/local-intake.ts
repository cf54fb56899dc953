/** New peers taken in a minute, of all senders together: no more connections come of what neighbours claim. */
const MAX_NEW_PEERS = 10;
/** Peers remembered, so that they do not count again. */
const MAX_KNOWN = 1_000;
/** Datagrams looked at in a second; those beyond it are not even read. */
const MAX_DATAGRAMS = 100;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** Bounds what comes from the local network, whoever sends it and however much. */
export class LocalIntake {
  readonly #datagrams = new Window(SECOND_MS, MAX_DATAGRAMS);
  readonly #newPeers = new Window(MINUTE_MS, MAX_NEW_PEERS);
  readonly #known = new Set<string>();

  /** Whether a datagram is to be read. */
  admitDatagram(nowMs: number): boolean {
    return this.#datagrams.take(nowMs);
  }

  /** Whether a peer is to be told of; `name` stands for its address and the torrent. */
  admitPeer(name: string, nowMs: number): boolean {
    if (this.#known.has(name)) return true;
    if (!this.#newPeers.take(nowMs)) return false;
    this.#known.add(name);
    if (this.#known.size > MAX_KNOWN) for (const first of this.#known) return this.#known.delete(first);
    return true;
  }
}

/** So many of something in each stretch of time. */
class Window {
  readonly #lengthMs: number;
  readonly #max: number;
  #startMs = -Infinity;
  #count = 0;

  constructor(lengthMs: number, max: number) {
    this.#lengthMs = lengthMs;
    this.#max = max;
  }

  take(nowMs: number): boolean {
    if (nowMs - this.#startMs >= this.#lengthMs) {
      this.#startMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#max;
  }
}
