import type { Extension, ExtensionChannel } from '../extension/extension.ts';
import { formatIp, parseIp } from '../ip-address.ts';
import { SCOPE, scopeOf, type AddressScope } from './address-scope.ts';
import { PexDiff } from './pex-diff.ts';
import {
  PEX_EXTENSION,
  decodePexMessage,
  encodePexMessage,
  type PexAddress,
  type PexMessage,
  type PexPeer,
} from './pex-message.ts';

export interface UtPexOptions {
  /**
   * Whom this session talks to. It is not told of itself, and addresses that only reach this machine or the network
   * nearby are taken from, and told to, remotes that are as near. Without it, all of those are left out.
   */
  readonly remote?: PexAddress;
  /** Those we are connected to now; asked when something may be told, so not at every tick. Without it, nothing is told. */
  readonly peers?: () => Iterable<PexPeer>;
  /** The remote is connected to new peers, or to some no longer. */
  readonly onPeers?: (message: PexMessage) => void;
}

/** BEP 11: "no more than 1 PEX message per minute". */
const INTERVAL_MS = 60_000;
/** When to look again after there was nothing to tell: soon as long as the remote knows no one, then not so often. */
const FIRST_LOOK_MS = 1_000;
const LOOK_MS = 10_000;
/** Addresses taken in a minute. {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11} */
const MAX_PER_INTERVAL = 50;
/** Addresses taken at first: BEP 11 lets the first message have more. */
const MAX_AT_FIRST = 100;
/** Below this are the ports of other services: no one shall make us call them. */
const LEAST_PORT = 1024;

/**
 * Peer exchange with one remote. It tells whom we are connected to, as differences, once a minute; and hands on what the
 * remote tells, within bounds and without addresses where no peer can be. Leave it out for private torrents.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11}
 */
export class UtPex implements Extension {
  readonly name: string = PEX_EXTENSION;
  readonly #options: UtPexOptions;
  readonly #scope: AddressScope;
  readonly #diff = new PexDiff();
  #channel: ExtensionChannel | undefined;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #hasTold = false;
  /** Addresses that may be taken now, of each of the two lists. */
  #allowance = { added: MAX_AT_FIRST, dropped: MAX_AT_FIRST };
  #lastHeardMs = 0;

  constructor(options: UtPexOptions = {}) {
    this.#options = options;
    const ip = options.remote === undefined ? undefined : parseIp(options.remote.host);
    this.#scope = (ip === undefined ? undefined : scopeOf(ip)) ?? SCOPE.everywhere;
  }

  attach(channel: ExtensionChannel): void {
    this.#channel = channel;
    this.#lastHeardMs = channel.nowMs;
  }

  /** @throws {PeerWireError} `MALFORMED_EXTENSION` */
  onMessage(payload: Uint8Array): boolean {
    const { added, dropped } = decodePexMessage(payload, MAX_AT_FIRST);
    this.#refill();
    const message: PexMessage = {
      added: this.#take('added', added),
      dropped: this.#take('dropped', dropped),
    };
    if (message.added.length > 0 || message.dropped.length > 0) this.#options.onPeers?.(message);
    return false;
  }

  onTick(): void {
    const { peers } = this.#options;
    const channel = this.#channel;
    if (peers === undefined || channel === undefined || !channel.isSupported) return;
    const { nowMs } = channel;
    if (nowMs < this.#nextLookMs) return;
    const message = this.#diff.next(this.#tellable(peers()));
    if (message === undefined) {
      this.#nextLookMs = nowMs + (this.#hasTold ? LOOK_MS : FIRST_LOOK_MS);
      return;
    }
    channel.send(encodePexMessage(message));
    this.#hasTold = true;
    this.#nextLookMs = nowMs + INTERVAL_MS;
  }

  /** Returns peers by address, but for those that the remote cannot use. */
  #tellable(peers: Iterable<PexPeer>): ReadonlyMap<string, PexPeer> {
    const { remote } = this.#options;
    const remoteKey = remote === undefined ? undefined : keyOf(remote);
    const tellable = new Map<string, PexPeer>();
    for (const peer of peers) {
      const key = keyOf(peer);
      if (key !== undefined && key !== remoteKey && this.#isUsable(peer)) tellable.set(key, peer);
    }
    return tellable;
  }

  #refill(): void {
    const { nowMs } = this.#channel ?? { nowMs: this.#lastHeardMs };
    const refill = (Math.max(0, nowMs - this.#lastHeardMs) * MAX_PER_INTERVAL) / INTERVAL_MS;
    this.#lastHeardMs = nowMs;
    const refilled = (now: number): number => Math.max(now, Math.min(MAX_PER_INTERVAL, now + refill));
    this.#allowance = {
      added: refilled(this.#allowance.added),
      dropped: refilled(this.#allowance.dropped),
    };
  }

  /** What is too much counts as well: who tells too much is heard no more for a while. */
  #take<T extends PexAddress>(list: 'added' | 'dropped', peers: readonly T[]): T[] {
    const taken = peers.slice(0, Math.floor(this.#allowance[list]));
    this.#allowance[list] -= taken.length;
    return taken.filter((peer) => this.#isUsable(peer));
  }

  #isUsable({ host, port }: PexAddress): boolean {
    const ip = parseIp(host);
    const scope = ip === undefined ? undefined : scopeOf(ip);
    return port >= LEAST_PORT && port <= 0xffff && scope !== undefined && scope >= this.#scope;
  }
}

/** One name for each address, however it is written. */
function keyOf({ host, port }: PexAddress): string | undefined {
  const ip = parseIp(host);
  return ip === undefined ? undefined : `${formatIp(ip)} ${port}`;
}
