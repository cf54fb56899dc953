import type { Endpoint } from '@millrace/dht';
import { Heap } from '../heap.ts';
import type { Random } from '../random.ts';

/** Someone at an endpoint of a virtual network. */
export interface VirtualHost {
  receive(packet: Uint8Array, from: Endpoint, nowMs: number): void;
}

interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: (nowMs: number) => void;
}

export interface VirtualNetworkOptions {
  readonly random: Random;
  /** Share of packets that get lost. */
  readonly loss: number;
  /** Bounds of what a packet takes, in milliseconds. */
  readonly delayMs: readonly [least: number, most: number];
  /** Finds who is at an endpoint, if there is anyone. */
  readonly hostAt: (endpoint: Endpoint) => VirtualHost | undefined;
}

/** Packets and time without either: what happens next happens at once. The same seed gives the same. */
export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions;
  readonly #happenings = new Heap<Happening>(
    (one, other) => one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order),
  );
  #order = 0;
  #nowMs: number;
  #packetCount = 0;

  constructor(startMs: number, options: VirtualNetworkOptions) {
    this.#nowMs = startMs;
    this.#options = options;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get packetCount(): number {
    return this.#packetCount;
  }

  send(packet: Uint8Array, from: Endpoint, to: Endpoint): void {
    const { random, loss, delayMs, hostAt } = this.#options;
    this.#packetCount += 1;
    const isLost = random() < loss;
    const delay = Math.round(delayMs[0] + random() * (delayMs[1] - delayMs[0]));
    if (isLost) return;
    this.at(this.#nowMs + delay, (nowMs) => hostAt(to)?.receive(packet, from, nowMs));
  }

  at(atMs: number, run: (nowMs: number) => void): void {
    this.#happenings.push({ atMs: Math.max(atMs, this.#nowMs), order: this.#order, run });
    this.#order += 1;
  }

  /** Goes on until `endMs`, or until `isOver` holds. */
  run(endMs: number, isOver: () => boolean = () => false): void {
    for (let next = this.#happenings.first; next !== undefined; next = this.#happenings.first) {
      if (next.atMs > endMs || isOver()) break;
      this.#happenings.take();
      this.#nowMs = next.atMs;
      next.run(next.atMs);
    }
  }
}
