import { peerId, type BlockRange, type Metainfo, type PeerId } from '@millrace/metainfo';
import { Bitfield, RESERVED_BIT, reservedBytes, type Handshake } from '@millrace/peer-wire';
import { realClock, type Clock, type Timer } from '../clock.ts';
import { Condition } from '../condition.ts';
import type { Accept } from '../memory/memory-network.ts';
import { payload as randomBytes } from '../payload.ts';
import type { PeerBehaviour } from './behaviour.ts';
import { RateLimit } from './rate-limit.ts';
import type { Connection, ConnectionOwner } from './connection-owner.ts';
import { ScriptedConnection } from './scripted-connection.ts';
import { PeerStatistics } from './statistics.ts';

export interface ScriptedPeerOptions extends PeerBehaviour {
  readonly metainfo: Pick<Metainfo, 'infoHash' | 'layout'>;
  /** All bytes of the torrent, one file after the other; blocks are sent as views of it. */
  readonly payload: Uint8Array;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/**
 * A peer that has pieces and behaves as it is told. It has no sockets: whoever has a stream gives it to `accept`.
 * Its connections share what it has, its rate and its statistics.
 */
export class ScriptedPeer implements ConnectionOwner {
  readonly metainfo: Pick<Metainfo, 'infoHash' | 'layout'>;
  readonly payload: Uint8Array;
  readonly clock: Clock;
  readonly behaviour: PeerBehaviour;
  readonly peerId: PeerId;
  readonly statistics: PeerStatistics = new PeerStatistics();
  /** The pieces it has now; changed by {@link addPieces} only. */
  readonly have: Bitfield;
  readonly #limit: RateLimit | undefined;
  readonly #connections = new Set<Connection>();
  readonly #timers: Timer[] = [];
  readonly #condition = new Condition();
  readonly #corruptPieces: ReadonlySet<number>;
  readonly #deathListeners: (() => void)[] = [];
  #isClosed = false;

  constructor(options: ScriptedPeerOptions) {
    const { metainfo, payload, clock = realClock, corrupt, bytesPerSecond } = options;
    if (payload.length !== metainfo.layout.totalLength) {
      throw new RangeError(
        `Cannot seed ${payload.length} bytes: the torrent has ${metainfo.layout.totalLength}`,
      );
    }
    this.metainfo = metainfo;
    this.payload = payload;
    this.clock = clock;
    this.behaviour = options;
    this.peerId = options.peerId ?? peerId(idBytes(options.seed ?? 1));
    this.have = new Bitfield(metainfo.layout.pieceCount);
    for (const index of options.pieces ?? Array.from({ length: this.have.size }, (_, at) => at))
      this.have.add(index);
    this.#limit = bytesPerSecond === undefined ? undefined : new RateLimit(bytesPerSecond, clock.now());
    this.#corruptPieces = new Set(typeof corrupt === 'function' ? [] : corrupt);
  }

  get handshake(): Handshake {
    const { fast, extensions } = this.behaviour;
    const bits = [
      ...(fast === undefined ? [] : [RESERVED_BIT.fastExtension]),
      ...(extensions === undefined ? [] : [RESERVED_BIT.extensionProtocol]),
    ];
    const { reserved = reservedBytes(...bits) } = this.behaviour;
    return { infoHash: this.metainfo.infoHash, peerId: this.peerId, reserved };
  }

  get isDead(): boolean {
    return this.statistics.bytes >= (this.behaviour.dieAfterBytes ?? Infinity);
  }

  /** Takes one connection. */
  readonly accept = (open: Parameters<Accept>[0]): void => {
    const { maxConnections = Infinity } = this.behaviour;
    if (this.#isClosed || this.#connections.size >= maxConnections) {
      open({ onBytes() {}, onDrained() {}, onClose() {} }).close();
      return;
    }
    const { statistics } = this;
    statistics.connectionsAccepted += 1;
    statistics.connectionsOpen += 1;
    statistics.maxConnectionsOpen = Math.max(statistics.maxConnectionsOpen, statistics.connectionsOpen);
    this.#connections.add(new ScriptedConnection(this, open));
    this.changed();
  };

  /** Has more pieces from now on and tells every remote. Pieces it has already are left out. */
  addPieces(indexes: readonly number[]): void {
    for (const index of indexes) {
      if (!this.have.add(index)) continue;
      for (const connection of this.#connections) connection.sendHave(index);
    }
  }

  /** Resolves once `isMet`, which is asked again after whatever happens. @throws {Error} after `timeoutMs`, by default 5 s. */
  until(isMet: (statistics: PeerStatistics) => boolean, timeoutMs = 5000): Promise<void> {
    return this.#condition.until(() => isMet(this.statistics), 'the state of the peer', timeoutMs);
  }

  /** Hangs up on everyone; new connections are taken. */
  disconnect(reason?: unknown): void {
    for (const connection of this.#connections) connection.close(reason);
  }

  /** Hangs up on everyone and takes no more connections. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    this.disconnect();
  }

  /** As `close`, and says so to those who asked by {@link onDeath}. */
  die(): void {
    if (this.#isClosed) return;
    this.close();
    for (const listener of this.#deathListeners) listener();
  }

  onDeath(listener: () => void): void {
    this.#deathListeners.push(listener);
  }

  pay(length: number, nowMs: number): number {
    return this.#limit?.pay(length, nowMs) ?? nowMs;
  }

  isCorrupt(block: BlockRange): boolean {
    const { corrupt } = this.behaviour;
    return typeof corrupt === 'function'
      ? corrupt(block, this.statistics.blocks)
      : this.#corruptPieces.has(block.index);
  }

  onHandshake(): void {
    this.statistics.handshakes += 1;
    if (this.statistics.handshakes > 1) return;
    // Only now: what a test sees must not depend on how long it took to start.
    for (const { afterMs, pieces } of this.behaviour.laterPieces ?? []) {
      this.#timers.push(this.clock.setTimer(afterMs, () => this.addPieces(pieces)));
    }
  }

  onConnectionClosed(connection: Connection, reason: unknown): void {
    this.#connections.delete(connection);
    this.statistics.connectionsOpen -= 1;
    this.statistics.closeReasons.push(reason);
    this.changed();
  }

  changed(): void {
    this.#condition.changed();
  }
}

/** Azureus style, so that a client that shows names shows a sensible one. */
function idBytes(seed: number): Uint8Array {
  const bytes = randomBytes(20, seed);
  bytes.set(new TextEncoder().encode('-MK0001-'));
  return bytes;
}
