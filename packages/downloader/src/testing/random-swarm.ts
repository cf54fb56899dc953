import {
  seededRandom,
  type FastBehaviour,
  type Link,
  type PeerBehaviour,
  type Random,
} from '@millrace/testkit';
import type { TorrentPeer } from '../engine/peer-owner.ts';
import type { Torrent } from '../engine/torrent.ts';
import type { TorrentOptions } from '../engine/torrent-options.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import { upTo } from './bitfield.ts';
import { MemorySwarm } from './memory-swarm.ts';

const KIB = 1024;

/**
 * A swarm of which everything is left to chance: sizes, budgets, timeouts, and peers that are slow, choke, stall, die or
 * lie. One honest peer at least has everything and stays, so that a download always can end.
 */
export class RandomSwarm {
  readonly swarm: MemorySwarm;
  readonly hasLiars: boolean;
  /** Peers that give no wrong byte. */
  readonly #honestNames = new Set<string>();
  readonly #random: Random;
  readonly #limits: Pick<TorrentOptions, 'memoryBytes' | 'maxPeers' | 'requestTimeoutMs' | 'random'>;
  readonly #left: Set<number>;
  /** Memory that the store is looking at now. */
  readonly #held = new Set<ArrayBufferLike>();

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#random = random;
    const pieceLength = this.#oneOf([1, 700, 16 * KIB, 40_000, 64 * KIB, 256 * KIB]);
    const pieceCount = 1 + Math.floor(random() * 24);
    const totalLength = Math.max(1, Math.ceil(pieceLength * (pieceCount - random())));
    this.swarm = new MemorySwarm({
      totalLength,
      pieceLength,
      network: {
        seed,
        latencyMs: this.#oneOf([0, 1, 40, 300]),
        jitterMs: this.#oneOf([0, 20]),
        chunkLength: { min: 1, max: this.#oneOf([1_000, 17_000, 65_536]) },
      },
    });
    this.#left = new Set(upTo(this.swarm.layout.pieceCount));
    this.hasLiars = random() < 0.4;
    const peerCount = Math.floor(random() * 10);
    const honestAt = Math.floor(random() * (peerCount + 1));
    for (let at = 0; at <= peerCount; at += 1) {
      const behaviour = at === honestAt ? this.#honest() : this.#peer();
      this.swarm.add(behaviour, this.#link());
      if (behaviour.corrupt === undefined && behaviour.answers === undefined)
        this.#honestNames.add(`10.0.0.${at + 1}:6881`);
    }
    this.#limits = {
      memoryBytes: Math.ceil(this.swarm.layout.maxPieceLength * this.#oneOf([0.5, 1, 2, 3, 8, 1_000])),
      maxPeers: this.#oneOf([2, 5, 50]),
      requestTimeoutMs: this.#oneOf([5_000, 20_000]),
      random,
    };
  }

  /** Makes a torrent that is watched: whatever it does wrong is thrown or noted in `faults`. */
  torrent(faults: string[]): Torrent {
    const peers = new Set<TorrentPeer>();
    const torrent = this.swarm.torrent({
      ...this.#limits,
      store: this.#watch(this.swarm.store(), faults),
      onEvent: (event) => {
        this.swarm.events.push(event);
        if (event.type === 'pieceVerified') this.#left.delete(event.index);
        if (event.type === 'pieceRejected' && !this.hasLiars)
          faults.push(`piece ${event.index} of honest peers was rejected`);
        if (event.type === 'peerBanned' && this.#honestNames.has(event.peer))
          faults.push(`${event.peer} was banned`);
      },
    });
    const onBlock = torrent.crew.onBlock.bind(torrent.crew);
    torrent.crew.onBlock = (peer, piece, block) => {
      onBlock(peer, piece, block);
      peers.add(peer);
      for (const { leftCount, session, name } of peers) {
        const expected = [...this.#left].filter((index) => session.remoteHave.has(index)).length;
        if (leftCount !== expected) faults.push(`${name} counts ${leftCount} pieces left of ${expected}`);
      }
    };
    const onClose = torrent.crew.onClose.bind(torrent.crew);
    torrent.crew.onClose = (peer, reason) => {
      peers.delete(peer);
      if (peer.pipeline.inFlight !== 0) faults.push(`${peer.name} left with requests in flight`);
      onClose(peer, reason);
    };
    return torrent;
  }

  /** A signal that aborts after a time that is left to chance. */
  stopSoon(): AbortSignal {
    const stop = new AbortController();
    const delayMs = this.#oneOf([0, 1, 50, 500, 3_000, 30_000]) * this.#random();
    this.swarm.network.clock.setTimer(delayMs, () => stop.abort(new Error('stopped by chance')));
    return stop.signal;
  }

  /** Takes its time over each piece, as a disk does, and notes when the piece changes meanwhile. */
  #watch(store: PieceStore, faults: string[]): PieceStore {
    const commit = store.commit.bind(store);
    const slowMs = this.#oneOf([0, 0, 10, 1_000]);
    const isMoving = this.#oneOf([true, false]);
    store.commit = async (index, bytes) => {
      if (this.#held.has(bytes.buffer)) faults.push(`piece ${index} is in memory of another`);
      this.#held.add(bytes.buffer);
      const before = Buffer.from(bytes);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.swarm.network.clock.setTimer(slowMs * this.#random(), resolve);
      await promise;
      if (!before.equals(bytes)) faults.push(`piece ${index} changed while it was checked`);
      const { isRight } = await commit(index, bytes);
      if (isRight) bytes.fill(0xdd); // whoever relies on what was there last gets a wrong piece
      this.#held.delete(bytes.buffer);
      const { buffer } = bytes;
      if (!isMoving || !(buffer instanceof ArrayBuffer)) return { isRight };
      return { isRight, exchange: new Uint8Array(buffer.transfer()) };
    };
    return store;
  }

  #honest(): PeerBehaviour {
    return {
      ...this.#chance(0.3, { chokeCycle: { unchokedMs: 4_000, chokedMs: 1_000 } }),
      ...this.#chance(0.5, { bytesPerSecond: 100_000 }),
      ...this.#chance(0.5, {
        fast: { rejectsQueued: this.#oneOf(['afterChoke', 'beforeChoke', 'served'] as const) },
      }),
      order: this.#oneOf(['asked', 'reversed', 'random'] as const),
      bitfield: this.#oneOf(['honest', 'haves'] as const),
    };
  }

  #peer(): PeerBehaviour {
    const count = this.swarm.layout.pieceCount;
    const some = (share: number): number[] => upTo(count).filter(() => this.#random() < share);
    const blocks = Math.floor(this.#random() * 60);
    const corrupt = (): boolean => this.#random() < 0.3;
    return {
      seed: Math.floor(this.#random() * 1e6),
      order: this.#oneOf(['asked', 'reversed', 'random'] as const),
      cancels: this.#oneOf(['obey', 'ignore'] as const),
      unchoke: this.#oneOf(['onInterest', 'onInterest', 'atOnce', 'never'] as const),
      bitfield: this.#oneOf(['honest', 'haves'] as const),
      latencyMs: this.#oneOf([0, 100, 2_500]),
      ...this.#chance(0.5, { pieces: some(this.#random()) }),
      ...this.#chance(0.2, { laterPieces: [{ afterMs: 3_000 * this.#random(), pieces: some(0.5) }] }),
      ...this.#chance(0.4, { bytesPerSecond: this.#oneOf([300, 5_000, 50_000, 1_000_000]) }),
      ...this.#chance(0.4, {
        chokeCycle: { unchokedMs: 1 + 2_000 * this.#random(), chokedMs: 1 + 2_000 * this.#random() },
      }),
      ...this.#chance(0.2, { stallAfterBlocks: blocks }),
      ...this.#chance(0.5, { fast: this.#fast(some) }),
      ...this.#chance(0.2, { extensions: { givesUp: { afterBlocks: 1, pieces: some(0.7) } } }),
      ...this.#oneOf([
        {},
        {},
        { hangUpAfterBytes: blocks * 10_000 },
        { dieAfterBytes: blocks * 10_000 },
        // Not with one of the others: what is cut is each of the two, which makes it a liar.
        { answers: 'twice' as const },
      ]),
      ...(this.hasLiars ? this.#chance(0.5, { corrupt }) : {}),
      ...(this.hasLiars
        ? this.#chance(0.3, {
            answers: this.#oneOf(['short', 'long', 'shifted', 'empty', 'otherPiece'] as const),
          })
        : {}),
    };
  }

  #fast(some: (share: number) => number[]): FastBehaviour {
    const share = this.#oneOf([0, 0.1, 1]);
    return {
      rejects: () => this.#random() < share,
      rejectsQueued: this.#oneOf(['afterChoke', 'beforeChoke', 'served', 'never'] as const),
      allowed: some(0.2),
    };
  }

  #link(): Link {
    return this.#chance(0.3, { bytesPerSecond: this.#oneOf([20_000, 1_000_000]) });
  }

  #chance<T extends object>(probability: number, value: T): T | Record<string, never> {
    return this.#random() < probability ? value : {};
  }

  #oneOf<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new RangeError('Cannot choose from nothing');
    return value;
  }
}
