import { BLOCK_LENGTH } from '@millrace/metainfo';

export interface RequestPipelineOptions {
  /** Most requests kept with one peer. @defaultValue 250, what clients take that do not say */
  readonly maxWindow?: number;
  /** Most requests until {@link RequestPipeline.endProbation}. @defaultValue `maxWindow` */
  readonly probationWindow?: number;
}

/** Requests before anything is known of the peer. */
const FIRST_WINDOW = 16;
const MIN_WINDOW = 8;
const MAX_WINDOW = 250;
/** Requests worth a packet. */
const BATCH_COUNT = 32;
/** Time allowed for the remote's disk and for both event loops, beside the round trip. */
const LATENCY_MS = 20;
/** Shortest time over which a rate means anything. */
const MIN_ROUND_MS = 100;
/** Growth of the best rate below which a round counts as flat. */
const GROWTH = 1.1;
/** Flat rounds in a row after which the link counts as full. One may be chance: long links deliver in bursts. */
const FLAT_ROUNDS = 3;

/**
 * Decides how many requests to keep with one peer: twice what the link holds. It grows by one per block (so it doubles
 * each round trip) until the rate stops growing, then follows rate × latency. Keeps no sockets and no clock.
 *
 * Every request is in flight, answered or released, never two; those in flight stand in the order they were sent.
 */
export class RequestPipeline {
  readonly #maxWindow: number;
  #probationWindow: number;
  /** A ring of requests: piece index, block number, time sent. A piece index of -1 is a hole. */
  readonly #indexes: Int32Array;
  readonly #blocks: Int32Array;
  readonly #sentMs: Float64Array;
  readonly #mask: number;
  #head = 0;
  #tail = 0;
  #inFlight = 0;
  #window = FIRST_WINDOW;
  #isSlowStart = true;
  #isSnubbed = false;
  #minLatencyMs = Infinity;
  #roundStartMs = -1;
  #roundLength = 0;
  #bytesPerMs = 0;
  #bestBytesPerMs = 0;
  #flatRounds = 0;

  constructor(options: RequestPipelineOptions = {}) {
    this.#maxWindow = options.maxWindow ?? MAX_WINDOW;
    this.#probationWindow = options.probationWindow ?? this.#maxWindow;
    const ringLength = 2 ** Math.ceil(Math.log2(this.#maxWindow * 2));
    this.#indexes = new Int32Array(ringLength);
    this.#blocks = new Int32Array(ringLength);
    this.#sentMs = new Float64Array(ringLength);
    this.#mask = ringLength - 1;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests to keep with this peer now. */
  get window(): number {
    return this.#isSnubbed ? 1 : Math.min(this.#window, this.#probationWindow);
  }

  get isSnubbed(): boolean {
    return this.#isSnubbed;
  }

  /** How many requests to send now: none until some can leave together, in one packet. */
  get room(): number {
    const { window } = this;
    const room = window - this.#inFlight;
    return room < Math.min(window >>> 1, BATCH_COUNT) ? 0 : Math.max(0, room);
  }

  /** When the request that has waited longest was sent, in milliseconds; `undefined` if there is none. */
  get oldestSentMs(): number | undefined {
    return this.#inFlight === 0 ? undefined : this.#sentMs[this.#head & this.#mask];
  }

  sent(index: number, block: number, nowMs: number): void {
    if (this.#tail - this.#head > this.#mask) this.#compact();
    const at = this.#tail & this.#mask;
    this.#indexes[at] = index;
    this.#blocks[at] = block;
    this.#sentMs[at] = nowMs;
    this.#tail += 1;
    this.#inFlight += 1;
    if (this.#roundStartMs < 0) this.#roundStartMs = nowMs;
  }

  has(index: number, block: number): boolean {
    return this.#find(index, block) >= 0;
  }

  /**
   * Takes an answered request out and learns from it.
   *
   * @returns Whether there was such a request.
   */
  received(index: number, block: number, length: number, nowMs: number): boolean {
    const at = this.#find(index, block);
    if (at < 0) return false;
    this.#minLatencyMs = Math.min(this.#minLatencyMs, nowMs - (this.#sentMs[at & this.#mask] ?? nowMs));
    this.#drop(at);
    this.#isSnubbed = false;
    this.#roundLength += length;
    if (this.#isSlowStart) this.#window = Math.min(this.#window + 1, this.#maxWindow);
    if (nowMs - this.#roundStartMs >= Math.max(this.#minLatencyMs, MIN_ROUND_MS)) this.#closeRound(nowMs);
    return true;
  }

  /** Takes a request out without learning from it. */
  release(index: number, block: number): boolean {
    const at = this.#find(index, block);
    if (at >= 0) this.#drop(at);
    return at >= 0;
  }

  /** Takes out every request, telling each: the peer choked us, left, or owes them for too long. */
  releaseAll(each: (index: number, block: number) => void): void {
    for (; this.#head < this.#tail; this.#head += 1) {
      const at = this.#head & this.#mask;
      const index = this.#indexes[at] ?? -1;
      if (index >= 0) each(index, this.#blocks[at] ?? 0);
    }
    this.#inFlight = 0;
    this.#roundStartMs = -1;
    this.#roundLength = 0;
  }

  /** The peer owes blocks for too long: one request at a time until it sends one. */
  snub(): void {
    this.#isSnubbed = true;
    this.#isSlowStart = false;
    this.#window = MIN_WINDOW;
  }

  /** The peer has given a right piece: it may be asked for as much as its link holds. */
  endProbation(): void {
    this.#probationWindow = this.#maxWindow;
  }

  #closeRound(nowMs: number): void {
    const bytesPerMs = this.#roundLength / (nowMs - this.#roundStartMs);
    this.#flatRounds = bytesPerMs < this.#bestBytesPerMs * GROWTH ? this.#flatRounds + 1 : 0;
    if (this.#flatRounds >= FLAT_ROUNDS) this.#isSlowStart = false;
    if (this.#flatRounds === 0) this.#bestBytesPerMs = bytesPerMs;
    this.#bytesPerMs = this.#isSlowStart ? bytesPerMs : (this.#bytesPerMs + bytesPerMs) / 2;
    if (!this.#isSlowStart) {
      const held = (this.#bytesPerMs * (this.#minLatencyMs + LATENCY_MS)) / BLOCK_LENGTH;
      this.#window = Math.min(Math.max(Math.ceil(2 * held) + 4, MIN_WINDOW), this.#maxWindow);
    }
    this.#roundStartMs = nowMs;
    this.#roundLength = 0;
  }

  #find(index: number, block: number): number {
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at & this.#mask;
      if (this.#indexes[slot] === index && this.#blocks[slot] === block) return at;
    }
    return -1;
  }

  #drop(at: number): void {
    this.#indexes[at & this.#mask] = -1;
    this.#inFlight -= 1;
    while (this.#head < this.#tail && this.#indexes[this.#head & this.#mask] === -1) this.#head += 1;
  }

  /** Closes the holes: a peer that answers out of order leaves them. */
  #compact(): void {
    let to = this.#head;
    for (let at = this.#head; at < this.#tail; at += 1) {
      const from = at & this.#mask;
      if (this.#indexes[from] === -1) continue;
      this.#indexes[to & this.#mask] = this.#indexes[from] ?? -1;
      this.#blocks[to & this.#mask] = this.#blocks[from] ?? 0;
      this.#sentMs[to & this.#mask] = this.#sentMs[from] ?? 0;
      to += 1;
    }
    this.#tail = to;
  }
}
