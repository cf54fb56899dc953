import { DhtCore } from '../core/dht-core.ts';
import type { DhtEvent, Relatives, TrafficLimits } from '../core/options.ts';
import type { Endpoint } from '../endpoint.ts';
import { isLocalIp } from '../endpoint.ts';
import { parseIp } from '../ip-address.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { PeerStore } from '../store/peer-store.ts';
import { randomBytes } from './random.ts';
import { UdpPort } from './udp-port.ts';
import type { NodeAddress } from './address.ts';

export interface MemberOptions {
  readonly address: NodeAddress;
  readonly id: Uint8Array | undefined;
  readonly isReadOnly: boolean;
  readonly limits: TrafficLimits;
  readonly peers: PeerStore;
  readonly items: ItemStore;
  readonly relatives: Relatives;
  readonly onEvent: ((event: DhtEvent) => void) | undefined;
}

/** Milliseconds on a clock that never jumps, in whole numbers. */
export function now(): number {
  return Math.floor(performance.now());
}

/** One address of a node: a core with its socket and its timer. */
export class Member implements AsyncDisposable {
  readonly core: DhtCore;
  readonly port: UdpPort;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  static async open(options: MemberOptions): Promise<Member> {
    let member: Member | undefined;
    const port = await UdpPort.open(options.address, (packet, from) => member?.receive(packet, from));
    member = new Member(options, port);
    return member;
  }

  private constructor(options: MemberOptions, port: UdpPort) {
    const { address, id, isReadOnly, limits, peers, items, relatives, onEvent } = options;
    this.port = port;
    const ip = parseIp(address.host);
    const isKnown = ip !== undefined && !isLocalIp(ip) && ip.some((byte) => byte !== 0);
    this.core = new DhtCore({
      family: port.family,
      nowMs: now(),
      random: randomBytes,
      send: (packet, to) => port.send(packet, to),
      id,
      externalIp: isKnown ? ip : undefined,
      isReadOnly,
      limits,
      peers,
      items,
      relatives,
      onEvent,
    });
    this.arm();
  }

  /** Calls `action` with the core, and sees that what it started goes on. */
  run<T>(action: (core: DhtCore, nowMs: number) => T): T {
    const result = action(this.core, now());
    this.arm();
    return result;
  }

  receive(packet: Uint8Array, from: Endpoint): void {
    if (this.#isClosed) return;
    this.core.receive(packet, from, now());
    this.arm();
  }

  /** Sets the timer anew if the core is due earlier than it. */
  arm(): void {
    const dueMs = this.core.deadlineMs;
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#dueMs = Number.POSITIVE_INFINITY;
        this.core.tick(now());
        this.arm();
      },
      Math.max(0, dueMs - now()) + 1,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.port.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
