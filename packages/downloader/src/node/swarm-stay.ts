import { BLOCK_LENGTH, parseInfo, type Metainfo } from '@millrace/metainfo';
import { formatPeerAddress, type PeerAddress } from '@millrace/tracker-client';
import type { Connection } from '../engine/connector.ts';
import { firstAnswer } from '../engine/first-answer.ts';
import type { Identity } from '../engine/introduction.ts';
import { MetadataFetch } from '../engine/metadata-fetch.ts';
import { PeerExchange } from '../engine/peer-exchange.ts';
import type { PeerAnswer } from '../engine/peer-probe.ts';
import { PeerPool } from '../engine/peer-pool.ts';
import type { Host } from '../engine/reception.ts';
import { Torrent } from '../engine/torrent.ts';
import type { DownloadEvent } from '../events.ts';
import {
  requireCount,
  requireRates,
  resolveLimits,
  type DownloadLimits,
  type RateLimits,
  type SeedingGoal,
} from '../options.ts';
import { RateLimiter } from '../policy/rate-limiter.ts';
import { NO_STATISTICS, type DownloadStatistics, type TransferTotals } from '../statistics.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import type { ClientNetwork } from './client-network.ts';
import { CLIENT_NAME, type TransferProgress } from './network.ts';
import { peerSources } from './peer-sources.ts';
import { isMetainfo, type SwarmOptions, type TorrentSource } from './swarm-options.ts';
import { systemClock } from './system-clock.ts';

/** A timer asked for more would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Where a torrent's pieces go. */
export interface PieceTarget {
  readonly store: PieceStore;
  readonly wanted?: readonly number[] | undefined;
  /** When to stop giving, once everything wanted is there. @defaultValue at once */
  readonly seeding?: SeedingGoal | undefined;
  /** Whether nothing is fetched. @defaultValue false */
  readonly givesOnly?: boolean | undefined;
  /** What earlier runs have brought and given. @defaultValue nothing */
  readonly restored?: TransferTotals;
}

/**
 * One torrent's stay in its swarm, on real sockets and the system's clock: first the metadata, if there is none, then
 * the download. Trackers are told of it as of one.
 */
export class SwarmStay implements Host {
  readonly #network: ClientNetwork;
  readonly #source: TorrentSource;
  readonly #options: SwarmOptions;
  readonly #limits: Required<DownloadLimits>;
  readonly #uploadLimiter: RateLimiter;
  readonly #downloadLimiter: RateLimiter;
  /** Has peers that call us hung up on from then on. */
  readonly #leave: () => void;
  readonly #exchange: PeerExchange | undefined;
  readonly #pool: PeerPool;
  readonly #startMs = systemClock.now();
  #endMs: number | undefined;
  #fetch: MetadataFetch | undefined;
  #torrent: Torrent | undefined;
  #restored = NO_STATISTICS.restored;
  /** Time before the download itself. */
  #beforeMs = 0;

  /** @throws {RangeError} if a limit is not a whole number of at least 1, or the network has this torrent. */
  constructor(network: ClientNetwork, source: TorrentSource, options: SwarmOptions) {
    this.#network = network;
    this.#source = source;
    this.#options = options;
    this.#limits = resolveLimits(options);
    const { metadataTimeoutMs, maxMetadataBytes, uploadSlots, uploadLimit, downloadLimit } = options;
    requireRates(options);
    const { upload, download } = network;
    this.#uploadLimiter = new RateLimiter({ parent: upload.limiter, bytesPerSecond: uploadLimit });
    this.#downloadLimiter = new RateLimiter({ parent: download.limiter, bytesPerSecond: downloadLimit });
    for (const [name, value] of Object.entries({ metadataTimeoutMs, maxMetadataBytes, uploadSlots }))
      requireCount(name, value);
    const isPrivate = isMetainfo(source) && source.isPrivate;
    this.#exchange = options.pex === false ? undefined : new PeerExchange();
    this.#pool = new PeerPool({
      sources: peerSources(network, source, options, {
        exchange: this.#exchange,
        onEvent: this.#onEvent,
        onExternalAddress: (host) => this.#isAt(host),
        progress: () => this.#progress(),
      }),
      isPrivate,
      now: () => systemClock.now(),
      onFound: (origin, _, peers) => {
        if (peers > 0) this.#onEvent({ type: 'peersFound', origin, peers });
      },
    });
    const leave = network.reception.open(source.infoHash, this);
    network.listeners.add(this.#onEvent);
    this.#leave = () => {
      leave();
      network.listeners.delete(this.#onEvent);
    };
  }

  welcome(address: PeerAddress): Connection | undefined {
    return (this.#torrent ?? this.#fetch)?.welcome(address);
  }

  statistics(): DownloadStatistics {
    if (this.#torrent !== undefined) {
      const statistics = this.#torrent.statistics();
      const durationMs = statistics.durationMs + this.#beforeMs;
      return { ...statistics, durationMs, restored: this.#restored };
    }
    const { bytes = 0, bytesTotal, peersConnected = 0, peersKnown = 0 } = this.#fetch?.statistics ?? {};
    return {
      ...NO_STATISTICS,
      phase: this.#endMs === undefined ? 'metadata' : 'stopped',
      metadataBytes: bytes,
      metadataBytesTotal: bytesTotal,
      peersConnected,
      peersByOrigin: this.#fetch?.statistics.peersByOrigin ?? {},
      peersKnown,
      durationMs: (this.#endMs ?? systemClock.now()) - this.#startMs,
    };
  }

  pieceStates(): Uint8Array<ArrayBuffer> {
    return this.#torrent?.pieceStates() ?? new Uint8Array(0);
  }

  /**
   * Answers with the torrent's metainfo: at once if it is known, else it is got from peers.
   *
   * @throws {DownloadError} `NO_SOURCES`, `NO_METADATA`.
   * @throws {MetainfoError} if it has the right hash and is no torrent that can be downloaded.
   */
  async metainfo(signal: AbortSignal): Promise<Metainfo> {
    if (isMetainfo(this.#source)) return this.#source;
    const { infoHash } = this.#source;
    const { metadataTimeoutMs: timeoutMs, maxMetadataBytes: maxBytes } = this.#options;
    await this.#network.ready;
    this.#fetch = new MetadataFetch({
      identity: this.#identity(false),
      pool: this.#pool,
      dial: this.#network.dial,
      limits: this.#network.limits,
      clock: systemClock,
      maxPeers: this.#limits.maxPeers,
      maxBytes,
      timeoutMs: timeoutMs === undefined ? undefined : Math.min(timeoutMs, MAX_TIMER_MS),
      onEvent: this.#onEvent,
    });
    const metadata = await this.#fetch.run(signal);
    const metainfo = parseInfo(metadata, infoHash, maxBytes === undefined ? {} : { maxBytes });
    if (metainfo.isPrivate) this.#pool.goPrivate();
    this.#onEvent({ type: 'metadata', metainfo });
    return metainfo;
  }

  /** Answers with what the first peer said that shook hands. @throws {DownloadError} `NO_SOURCES`. */
  probe(signal: AbortSignal): Promise<PeerAnswer> {
    const identity = this.#identity(isMetainfo(this.#source) && this.#source.isPrivate);
    const { dial } = this.#network;
    return firstAnswer(
      { identity, pool: this.#pool, dial, clock: systemClock, onEvent: this.#onEvent },
      signal,
    );
  }

  /** Makes the download; it takes the stay over, and ends it. */
  torrent(metainfo: Metainfo, target: PieceTarget): Torrent {
    const { store, wanted, seeding, givesOnly } = target;
    this.#restored = target.restored ?? this.#restored;
    const givenBefore = (seeding?.givenBefore ?? 0) + this.#restored.uploadedBytes;
    this.#beforeMs = systemClock.now() - this.#startMs;
    this.#torrent = new Torrent({
      ...this.#identity(metainfo.isPrivate),
      metadata: metainfo.infoBytes,
      layout: metainfo.layout,
      store,
      sources: this.#pool,
      dial: this.#network.dial,
      limits: this.#network.limits,
      clock: systemClock,
      random: Math.random,
      wanted,
      seeding: seeding && { ...seeding, givenBefore },
      givesOnly,
      uploadLimiter: this.#uploadLimiter,
      downloadLimiter: this.#downloadLimiter,
      uploadSlots: this.#options.uploadSlots,
      superSeeding: this.#options.superSeeding,
      sendBuffers: this.#network.sendBuffers,
      onEvent: this.#onEvent,
      ...this.#limits,
    });
    return this.#torrent;
  }

  /** Changes how fast this torrent may move, from now on. @throws {RangeError} if a rate is not more than 0. */
  setLimits(limits: RateLimits): void {
    requireRates(limits);
    const { uploadLimit, downloadLimit } = limits;
    const { upload, download } = this.#network;
    if (uploadLimit !== undefined) upload.setRate(this.#uploadLimiter, uploadLimit);
    if (downloadLimit !== undefined) download.setRate(this.#downloadLimiter, downloadLimit);
  }

  /** Ends a stay: trackers are told. */
  async close(): Promise<void> {
    this.#leave();
    this.#endMs ??= systemClock.now();
    await this.#pool.close();
  }

  readonly #onEvent = (event: DownloadEvent): void => this.#options.onEvent?.(event);

  /** Who we are. On connections of a private torrent there is no way to tell of peers or nodes. */
  #identity(isPrivate: boolean): Identity {
    const { infoHash } = this.#source;
    const { peerId, port, dhtContact: dht } = this.#network;
    const identity = { infoHash, peerId, port, clientName: CLIENT_NAME };
    return isPrivate ? identity : { ...identity, exchange: this.#exchange, dht };
  }

  /** Learns where others would find us, so as not to call ourselves. */
  #isAt(host: string): void {
    const { announcedPort: port } = this.#network;
    // On this machine, anyone may be at that port: nothing of ours is.
    if (host === '::1' || host.startsWith('127.')) return;
    this.#pool.list.ban(formatPeerAddress({ host, port }));
    this.#pool.list.seenAs({ host, port });
  }

  #progress(): TransferProgress {
    // Nobody knows how much it is; to say that it is nothing would make us a seeder.
    if (this.#torrent === undefined) return { uploaded: 0, downloaded: 0, left: BLOCK_LENGTH };
    const { uploadedBytes, downloadedBytes, bytesMissing } = this.#torrent.statistics();
    return { uploaded: uploadedBytes, downloaded: downloadedBytes, left: bytesMissing };
  }
}
