import { BLOCK_LENGTH } from '@millrace/metainfo';
import { RequestRing } from './request-ring.ts';

export interface RequestPipelineOptions {
  /** Most requests kept with one peer that does not say how many it takes. @defaultValue 250 */
  readonly maxWindow?: number;
  /** Most requests until {@link RequestPipeline.endProbation}. @defaultValue no limit of its own */
  readonly probationWindow?: number;
}

/** Requests before anything is known of the peer. */
const FIRST_WINDOW = 16;
const MIN_WINDOW = 8;
/** What clients take that do not say. More than this is for links that hold it, not for the patience of a quick one. */
const MAX_WINDOW = 250;
/** What is kept with one that is near and says that it takes as much: both ends do more at a time, and less often. */
const NEAR_WINDOW = 500;
/** Requests kept with one peer at the most, whatever it says. */
const LARGEST_WINDOW = 2_000;
/** Requests worth a packet. */
const BATCH_COUNT = 32;
/** Share of the window that may be on a link whose other end can be left alone until half of it is answered. */
const NEAR_SHARE = 1 / 4;
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
  readonly #ring = new RequestRing();
  #maxWindow: number;
  #probationWindow: number;
  /** What the window may grow to: to more than is usual only where the link itself holds it. */
  #ceiling: number;
  #window = FIRST_WINDOW;
  #isSlowStart = true;
  #isSnubbed = false;
  /** Requests to send at a time, at the least, unless that is more than half a window. */
  #batchCount = BATCH_COUNT;
  #latencyMs = Infinity;
  #minLatencyMs = Infinity;
  #roundStartMs = -1;
  #roundLength = 0;
  #bytesPerMs = 0;
  #bestBytesPerMs = 0;
  #flatRounds = 0;

  constructor(options: RequestPipelineOptions = {}) {
    this.#maxWindow = options.maxWindow ?? MAX_WINDOW;
    this.#ceiling = Math.min(this.#maxWindow, MAX_WINDOW);
    this.#probationWindow = options.probationWindow ?? Infinity;
  }

  get inFlight(): number {
    return this.#ring.length;
  }

  /** Requests to keep with this peer now. */
  get window(): number {
    return this.#isSnubbed ? 1 : Math.min(this.#window, this.#probationWindow, this.#maxWindow);
  }

  get isSnubbed(): boolean {
    return this.#isSnubbed;
  }

  /** How many requests to send now: none until some can leave together, in one packet. */
  get room(): number {
    const { window } = this;
    const room = window - this.#ring.length;
    return room < Math.min(window >>> 1, this.#batchCount) ? 0 : Math.max(0, room);
  }

  /** When the request that has waited longest was sent, in milliseconds; `undefined` if there is none. */
  get oldestSentMs(): number | undefined {
    return this.#ring.oldestSentMs;
  }

  /** How long the peer took for the last block that it sent, in milliseconds; infinite before it sent one. */
  get latencyMs(): number {
    return this.#latencyMs;
  }

  sent(index: number, block: number, nowMs: number): void {
    this.#ring.push(index, block, nowMs);
    if (this.#roundStartMs < 0) this.#roundStartMs = nowMs;
  }

  has(index: number, block: number): boolean {
    return this.#ring.find(index, block) >= 0;
  }

  /**
   * Takes an answered request out and learns from it.
   *
   * @returns Whether there was such a request.
   */
  received(index: number, block: number, length: number, nowMs: number): boolean {
    const at = this.#ring.find(index, block);
    if (at < 0) return false;
    this.#latencyMs = nowMs - this.#ring.sentMs(at);
    this.#minLatencyMs = Math.min(this.#minLatencyMs, this.#latencyMs);
    this.#ring.drop(at);
    this.#isSnubbed = false;
    this.#roundLength += length;
    if (this.#isSlowStart) this.#window = Math.min(this.#window + 1, this.#ceiling);
    if (nowMs - this.#roundStartMs >= Math.max(this.#minLatencyMs, MIN_ROUND_MS)) this.#closeRound(nowMs);
    return true;
  }

  /** Takes a request out without learning from it. */
  release(index: number, block: number): boolean {
    const at = this.#ring.find(index, block);
    if (at >= 0) this.#ring.drop(at);
    return at >= 0;
  }

  /** Takes out every request, telling each: the peer choked us, left, or owes them for too long. */
  releaseAll(each: (index: number, block: number) => void): void {
    this.#ring.clear(each);
    this.#roundStartMs = -1;
    this.#roundLength = 0;
  }

  /** The peer says how many requests it takes at once. */
  limit(requestCount: number): void {
    this.#maxWindow = Math.max(1, Math.min(requestCount, LARGEST_WINDOW));
    this.#ceiling = Math.min(this.#maxWindow, MAX_WINDOW);
  }

  /** The peer refuses what it was asked for: it is asked for less at a time. */
  refused(): void {
    this.#isSlowStart = false;
    this.#window = Math.max(MIN_WINDOW, this.#window >>> 1);
  }

  /** The peer owes blocks for too long: one request at a time until it sends one. */
  snub(): void {
    this.#isSnubbed = true;
    this.#isSlowStart = false;
    this.#window = MIN_WINDOW;
  }

  /** The peer has given a right piece: it may be asked for as much as its link holds. */
  endProbation(): void {
    this.#probationWindow = Infinity;
  }

  #closeRound(nowMs: number): void {
    const bytesPerMs = this.#roundLength / (nowMs - this.#roundStartMs);
    this.#flatRounds = bytesPerMs < this.#bestBytesPerMs * GROWTH ? this.#flatRounds + 1 : 0;
    if (this.#flatRounds >= FLAT_ROUNDS) this.#isSlowStart = false;
    if (this.#flatRounds === 0) this.#bestBytesPerMs = bytesPerMs;
    this.#bytesPerMs = this.#isSlowStart ? bytesPerMs : (this.#bytesPerMs + bytesPerMs) / 2;
    const onLink = (this.#bytesPerMs * this.#minLatencyMs) / BLOCK_LENGTH;
    const isNear = onLink <= this.#window * NEAR_SHARE;
    const usual = isNear ? NEAR_WINDOW : MAX_WINDOW;
    this.#ceiling = Math.min(Math.max(Math.ceil(2 * onLink), usual), this.#maxWindow);
    if (!this.#isSlowStart) {
      const held = (this.#bytesPerMs * (this.#minLatencyMs + LATENCY_MS)) / BLOCK_LENGTH;
      this.#window = Math.min(Math.max(Math.ceil(2 * held) + 4, MIN_WINDOW), this.#ceiling);
    }
    this.#batchCount = isNear ? Infinity : BATCH_COUNT;
    this.#roundStartMs = nowMs;
    this.#roundLength = 0;
  }
}
