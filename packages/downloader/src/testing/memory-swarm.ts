import { sha1, infoHash, peerId, PieceLayout, type InfoHash } from '@millrace/metainfo';
import {
  memoryNetwork,
  payload,
  placePeer,
  seededRandom,
  type Link,
  type ManualClock,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type PeerBehaviour,
  type ScriptedPeer,
} from '@millrace/testkit';
import type { PeerAddress } from '@millrace/tracker-client';
import { Torrent } from '../engine/torrent.ts';
import type { TorrentOptions } from '../engine/torrent-options.ts';
import type { DownloadEvent } from '../events.ts';
import { givenPeers } from '../peer-source.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import { verifyingStore } from '../storage/verifying-store.ts';
import { CountingClock } from './counting-clock.ts';

export interface MemorySwarmOptions {
  readonly totalLength: number;
  /** @defaultValue 16_384 */
  readonly pieceLength?: number;
  readonly network?: Omit<MemoryNetworkOptions, 'clock'>;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** In virtual time. @defaultValue 600_000 */
  readonly limitMs?: number;
}

/** A torrent and its swarm without sockets, files or real time: add scripted peers, then run. */
export class MemorySwarm {
  readonly network: MemoryNetwork<ManualClock>;
  readonly payload: Uint8Array;
  readonly layout: PieceLayout;
  readonly storage: MemoryStorage = new MemoryStorage();
  readonly events: DownloadEvent[] = [];
  readonly #clock: CountingClock;
  readonly #addresses: PeerAddress[] = [];
  readonly #pieceHashes: Uint8Array;
  readonly infoHash: InfoHash = infoHash(new Uint8Array(20).fill(7));

  constructor({ totalLength, pieceLength = 16_384, network = {} }: MemorySwarmOptions) {
    this.network = memoryNetwork(network);
    this.#clock = new CountingClock(this.network.clock);
    this.payload = payload(totalLength, 3);
    this.layout = new PieceLayout({ pieceLength, totalLength });
    const hashes = Array.from({ length: this.layout.pieceCount }, (_, index) => [...sha1(this.piece(index))]);
    this.#pieceHashes = new Uint8Array(hashes.flat());
  }

  /** Timers that the torrent has set and not cancelled. */
  get timerCount(): number {
    return this.#clock.timerCount;
  }

  /** Adds a peer, by default an honest one that has everything. Its name in events is `10.0.0.<n>:6881`, up to 255. */
  add(behaviour: PeerBehaviour = {}, link?: Link): ScriptedPeer {
    const number = this.#addresses.length + 1;
    const address = { host: `10.0.${number >> 8}.${number & 0xff}`, port: 6881 };
    this.#addresses.push(address);
    const metainfo = { infoHash: this.infoHash, layout: this.layout };
    return placePeer(this.network, address, { metainfo, payload: this.payload, ...behaviour }, link);
  }

  /** A store on top of {@link storage}, or another. */
  store(storage: MemoryStorage = this.storage): PieceStore {
    return verifyingStore(storage, this.layout, this.#pieceHashes);
  }

  torrent(options: Partial<TorrentOptions> = {}): Torrent {
    return new Torrent({
      infoHash: this.infoHash,
      peerId: peerId(new Uint8Array(20).fill(65)),
      layout: this.layout,
      store: this.store(),
      sources: [givenPeers(this.#addresses)],
      dial: this.network.connect,
      clock: this.#clock,
      random: seededRandom(11),
      maxPeers: 50,
      memoryBytes: 64 * 1024 * 1024,
      requestTimeoutMs: 20_000,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Runs a torrent to its end in virtual time. Rejects as it does, or if it takes longer than `limitMs`. */
  async run(torrent: Torrent, options: RunOptions = {}): Promise<void> {
    const { signal = new AbortController().signal, limitMs = 600_000 } = options;
    let isOver = false;
    const running = torrent.run(signal).finally(() => {
      isOver = true;
    });
    running.catch(() => {});
    await this.network.clock.advanceUntil(() => isOver, limitMs);
    return running;
  }

  /** Downloads everything, and answers with the torrent, whose statistics are still there. */
  async download(options: Partial<TorrentOptions> = {}, limitMs?: number): Promise<Torrent> {
    const torrent = this.torrent(options);
    await this.run(torrent, limitMs === undefined ? {} : { limitMs });
    return torrent;
  }

  /** Whether every byte is in the storage, as it should be. */
  get isWhole(): boolean {
    return this.holdsAll(this.storage);
  }

  /** Whether every byte is in a storage. */
  holdsAll(storage: MemoryStorage): boolean {
    return Array.from({ length: this.layout.pieceCount }, (_, index) => index).every((index) => {
      const piece = storage.piece(index);
      return piece !== undefined && Buffer.from(piece).equals(this.piece(index));
    });
  }

  eventsOf<T extends DownloadEvent['type']>(type: T): Extract<DownloadEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DownloadEvent, { type: T }> => event.type === type);
  }

  /** What a piece should be. */
  piece(index: number): Uint8Array {
    const offset = this.layout.pieceOffset(index);
    return this.payload.subarray(offset, offset + this.layout.pieceLength(index));
  }
}
