import { PeerWireError, type ByteStream, type ByteStreamHandler } from '@millrace/peer-wire';
import { formatPeerAddress, type PeerAddress } from '@millrace/tracker-client';
import type { PeerOrigin } from '../peer-source.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import type { PeerList } from '../policy/peer-list.ts';
import type { PeerKey } from '../policy/piece-picker.ts';

/** Opens a stream to a peer; rejects if it cannot. */
export type Dial = (
  address: PeerAddress,
  handler: ByteStreamHandler,
  options: { readonly signal: AbortSignal },
) => Promise<ByteStream>;

/** What is at our end of a stream. */
export interface Connection extends ByteStreamHandler {
  readonly key: PeerKey;
  /** `host:port`. */
  readonly name: string;
  /** Where it is; of one that called us, where it called from. */
  readonly address: PeerAddress;
  /** Whether it called us. */
  readonly isIncoming: boolean;
  /** Whether the peer shook hands. */
  readonly isOpen: boolean;
  /** Bytes of use that the peer gave. */
  readonly usefulLength: number;
  /** Hands over the connected stream. */
  attach(stream: ByteStream): void;
  close(reason: unknown): void;
}

export interface ConnectorOptions<C extends Connection> {
  readonly list: PeerList;
  readonly dial: Dial;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  readonly now: () => number;
  /** Counts the connections of all torrents. @defaultValue there are no others */
  readonly limits?: ConnectionLimits | undefined;
  /** Makes our end of a connection; it is told `onClose` if there is none after all. */
  readonly makePeer: (options: NewPeer) => C;
  /** Ends connections that are still being opened. */
  readonly signal: AbortSignal;
}

/** What a connection is made of. */
export type NewPeer = Pick<Connection, 'key' | 'name' | 'address' | 'isIncoming'>;

/** Who is or was at the other end of a connection. */
interface Acquaintance {
  readonly name: string;
  /** Where it called us from; `undefined` if we called it. */
  readonly callerHost: string | undefined;
  /** What the list calls it, once it has said where it listens; before, and if we called it, `undefined`. */
  listed: string | undefined;
}

/** Connections that may be opening at once. */
const MAX_HALF_OPEN = 32;
/** Connections whose peers are remembered when they have ended, to know who gave a bad piece. */
const MAX_ACQUAINTANCES = 10_000;
/** Hosts kept from calling us. */
const MAX_BANNED_HOSTS = 1_000;

/** Opens connections to the peers of a list while there is room, and keeps those that others opened with them. */
export class Connector<C extends Connection> {
  readonly #options: ConnectorOptions<C>;
  readonly #peers = new Map<PeerKey, C>();
  readonly #acquaintances = new Map<PeerKey, Acquaintance>();
  readonly #dials = new Set<Promise<void>>();
  /** Hosts that called us and gave wrong pieces: the port that someone calls from says nothing. */
  readonly #bannedHosts = new Set<string>();
  #nextKey: PeerKey = 0;

  constructor(options: ConnectorOptions<C>) {
    this.#options = options;
  }

  /** Peers that are connected or being connected. */
  get peers(): Iterable<C> {
    return this.#peers.values();
  }

  /** How many peers were called so far. */
  get callCount(): number {
    return this.#nextKey;
  }

  /** Whether every connection is taken and someone else is waiting. */
  get isFull(): boolean {
    const { list, maxPeers, now } = this.#options;
    return this.#peers.size >= maxPeers && list.hasNext(now());
  }

  peer(key: PeerKey): C | undefined {
    return this.#peers.get(key);
  }

  /** Returns `host:port` of a peer, also after its connection ended. */
  nameOf(key: PeerKey): string {
    return this.#acquaintances.get(key)?.name ?? 'unknown';
  }

  /** Who named a connected peer, best of all; of one that called us and was not named, that it did. */
  originOf(peer: C): PeerOrigin {
    return this.#options.list.originOf(this.#acquaintances.get(peer.key)?.listed ?? peer.name) ?? 'incoming';
  }

  /** Counts the peers that shook hands by who named them. */
  countByOrigin(): Partial<Record<PeerOrigin, number>> {
    const counts: Partial<Record<PeerOrigin, number>> = {};
    for (const peer of this.#peers.values()) {
      if (!peer.isOpen) continue;
      const origin = this.originOf(peer);
      counts[origin] = (counts[origin] ?? 0) + 1;
    }
    return counts;
  }

  /** Opens connections while there is room and someone to call. Answers whether there is hope for any within `soonMs`. */
  connect(soonMs: number): boolean {
    const { list, maxPeers, limits, now, signal } = this.#options;
    if (signal.aborted) return true;
    const { room = Infinity } = limits ?? {};
    if (room === 0) return true;
    const nowMs = now();
    const maxCount = Math.min(room, MAX_HALF_OPEN - this.#dials.size, maxPeers - this.#peers.size);
    for (const { key, address } of list.next(nowMs, maxCount)) {
      const dial = this.#dial(key, address);
      this.#dials.add(dial);
      void dial.finally(() => this.#dials.delete(dial));
    }
    return list.hasHope(nowMs, soonMs);
  }

  /** How many peers are connected or being connected. */
  get count(): number {
    return this.#peers.size;
  }

  /** Makes our end of a connection that a peer opened; `undefined` if it is not wanted back. */
  accept(address: PeerAddress): C | undefined {
    const { signal, list } = this.#options;
    const name = formatPeerAddress(address);
    if (signal.aborted || this.#bannedHosts.has(address.host) || list.isBanned(name)) return undefined;
    return this.#make(name, address, true);
  }

  /** A peer that called us says at which port it listens: the list knows it from now on, and does not call it meanwhile. */
  listens(peer: C, port: number): void {
    const { list, now } = this.#options;
    const acquaintance = this.#acquaintances.get(peer.key);
    if (!peer.isIncoming || acquaintance === undefined || acquaintance.listed !== undefined) return;
    acquaintance.listed = list.claim({ host: peer.address.host, port }, now());
  }

  /** Has no more to do with a peer, connected or not. Answers whether that is news. */
  ban(key: PeerKey): boolean {
    const { list } = this.#options;
    const acquaintance = this.#acquaintances.get(key);
    if (acquaintance === undefined) return false;
    const { name, callerHost, listed } = acquaintance;
    if (listed !== undefined) list.ban(listed);
    if (callerHost !== undefined && this.#bannedHosts.size < MAX_BANNED_HOSTS)
      this.#bannedHosts.add(callerHost);
    return list.ban(name);
  }

  /** Whether a peer is one that we have no more to do with, on whatever connection. */
  isBanned({ key, name, address, isIncoming }: C): boolean {
    const { list } = this.#options;
    const listed = this.#acquaintances.get(key)?.listed;
    if (list.isBanned(name) || (listed !== undefined && list.isBanned(listed))) return true;
    return isIncoming && this.#bannedHosts.has(address.host);
  }

  /** A connection ended, or did not come about. */
  ended(peer: C, reason: unknown): void {
    const { list, limits, now } = this.#options;
    this.#peers.delete(peer.key);
    limits?.closed(peer.address.host, peer.isIncoming);
    const listed = this.#acquaintances.get(peer.key)?.listed ?? peer.name;
    list.ended(listed, now(), { wasReached: peer.isOpen, givenLength: peer.usefulLength });
    // No one else will ever answer there.
    if (PeerWireError.is(reason) && reason.code === 'CONNECTED_TO_SELF') list.ban(peer.name);
  }

  /** Closes every connection and waits for those that are being opened. */
  async close(reason: unknown): Promise<void> {
    for (const peer of this.#peers.values()) peer.close(reason);
    await Promise.all(this.#dials);
  }

  async #dial(name: string, address: PeerAddress): Promise<void> {
    const { dial, signal } = this.#options;
    const peer = this.#make(name, address, false);
    try {
      peer.attach(await dial(address, peer, { signal }));
    } catch (error) {
      peer.onClose(error);
    }
  }

  #make(name: string, address: PeerAddress, isIncoming: boolean): C {
    const key = this.#nextKey;
    this.#nextKey += 1;
    const peer = this.#options.makePeer({ key, name, address, isIncoming });
    this.#peers.set(key, peer);
    this.#options.limits?.opened(address.host, isIncoming);
    this.#remember(key, { name, callerHost: isIncoming ? address.host : undefined, listed: undefined });
    return peer;
  }

  #remember(key: PeerKey, acquaintance: Acquaintance): void {
    this.#acquaintances.set(key, acquaintance);
    if (this.#acquaintances.size <= MAX_ACQUAINTANCES) return;
    for (const old of this.#acquaintances.keys()) {
      if (this.#peers.has(old)) continue;
      this.#acquaintances.delete(old);
      return;
    }
  }
}
