import { MetadataDownload, PeerWireError, type MetadataMessage, type PexPeer } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import type { PeerOrigin } from '../peer-source.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import { Connector, type Dial } from './connector.ts';
import type { Identity } from './introduction.ts';
import { MetadataPeer, type MetadataPeerOwner } from './metadata-peer.ts';
import type { PeerPool } from './peer-pool.ts';
import { Watch } from './watch.ts';

export interface MetadataFetchOptions {
  readonly identity: Identity;
  /** Where peers come from. It stays open: the download goes on with it. */
  readonly pool: PeerPool;
  readonly dial: Dial;
  /** Counts the connections of all torrents. @defaultValue there are no others */
  readonly limits?: ConnectionLimits | undefined;
  readonly clock: Clock;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  /** Longest info dictionary taken, in bytes. @defaultValue 33_554_432 (32 MiB) */
  readonly maxBytes?: number | undefined;
  /** Time allowed, in milliseconds. @defaultValue no limit */
  readonly timeoutMs?: number | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** How far the search for metadata has come. */
export interface MetadataStatistics {
  /** Bytes that are there, not verified yet. */
  readonly bytes: number;
  /** Bytes there are, as peers claim; `undefined` while none does. */
  readonly bytesTotal: number | undefined;
  readonly peersConnected: number;
  /** They, by who named them. */
  readonly peersByOrigin: Readonly<Partial<Record<PeerOrigin, number>>>;
  readonly peersKnown: number;
}

const TICK_MS = 500;
/** Time after which a peer that does not say it has the metadata makes room for another. */
const MAX_IDLE_MS = 15_000;

/** Gets a torrent's info dictionary from peers, who know it by its hash: several are asked at once, liars once. */
export class MetadataFetch implements MetadataPeerOwner {
  readonly identity: Identity;
  readonly #options: MetadataFetchOptions;
  readonly #download: MetadataDownload<PeerKey>;
  readonly #connector: Connector<MetadataPeer>;
  readonly #watch: Watch;
  readonly #halt = new AbortController();
  readonly #outcome = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  /** Peers that said they may have it. */
  readonly #offering = new Set<PeerKey>();
  #tickTimer: Timer | undefined;
  #openCount = 0;
  #reachedCount = 0;

  constructor(options: MetadataFetchOptions) {
    const { identity, pool, dial, limits, maxPeers, maxBytes } = options;
    this.identity = identity;
    this.#options = options;
    this.#download = new MetadataDownload({
      infoHash: identity.infoHash,
      ...(maxBytes === undefined ? {} : { maxLength: maxBytes }),
    });
    this.#connector = new Connector({
      list: pool.list,
      dial,
      maxPeers,
      now: () => this.now(),
      limits,
      makePeer: (newPeer) => new MetadataPeer(this, newPeer),
      signal: this.#halt.signal,
    });
    this.#watch = new Watch(TICK_MS, this.now());
    this.#outcome.promise.catch(() => {});
  }

  now(): number {
    return this.#options.clock.now();
  }

  get statistics(): MetadataStatistics {
    const { receivedLength, length } = this.#download.progress;
    return {
      bytes: receivedLength,
      bytesTotal: length,
      peersConnected: this.#openCount,
      peersByOrigin: this.#connector.countByOrigin(),
      peersKnown: this.#options.pool.list.size,
    };
  }

  /**
   * Fetches it, and lets go of every connection, whatever happens.
   *
   * @returns The info dictionary; its SHA-1 is the info hash.
   * @throws {DownloadError} `NO_SOURCES`, `NO_METADATA`. Rejects with the signal's reason when it aborts.
   */
  async run(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal.throwIfAborted();
    const { pool, clock, timeoutMs } = this.#options;
    if (pool.isEmpty) throw new DownloadError({ code: 'NO_SOURCES' });
    const onAbort = (): void => this.#outcome.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const deadline = timeoutMs === undefined ? undefined : clock.setTimer(timeoutMs, () => this.#giveUp());
    pool.open({
      onPeers: () => this.#connectMore(),
      onError: (error) => this.#outcome.reject(error),
    });
    this.#watch.start(this.now());
    this.#tick();
    try {
      return await this.#outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      deadline?.cancel();
      this.#tickTimer?.cancel();
      this.#halt.abort();
      await this.#connector.close(this.#halt.signal.reason);
      // What they failed to give here says nothing of what they give next.
      pool.list.refresh(this.now());
    }
  }

  /** Makes our end of a connection that a peer opened; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): MetadataPeer | undefined {
    return this.#connector.count < this.#options.maxPeers ? this.#connector.accept(address) : undefined;
  }

  *connected(): Generator<PexPeer, void, void> {
    for (const { isOpen, isIncoming, address, isUploadOnly } of this.#connector.peers)
      if (isOpen && !isIncoming) yield { ...address, uploadOnly: isUploadOnly, isReachable: true };
  }

  onOpen(peer: MetadataPeer): void {
    this.#openCount += 1;
    this.#reachedCount += 1;
    this.#emit({ type: 'peerConnected', peer: peer.name, origin: this.#connector.originOf(peer) });
  }

  onOffer(peer: MetadataPeer, metadataSize: number | undefined): void {
    const isAsked = this.#download.addPeer(peer.key, metadataSize);
    if (!isAsked && metadataSize !== undefined) throw new DownloadError({ code: 'PEER_NO_METADATA' });
    if (isAsked) this.#offering.add(peer.key);
    this.#ask();
  }

  onMetadata(peer: MetadataPeer, message: MetadataMessage): void {
    const metadata = this.#download.receive(peer.key, message, this.now());
    if (message.type === 'data') peer.usefulLength += message.data.length;
    if (metadata === undefined) this.#ask();
    else this.#outcome.resolve(metadata);
  }

  onClose(peer: MetadataPeer, reason: unknown): void {
    this.#download.removePeer(peer.key);
    this.#offering.delete(peer.key);
    this.#connector.ended(peer, reason);
    if (peer.isOpen) this.#openCount -= 1;
    if (this.#halt.signal.aborted) return;
    if (isLie(reason) && this.#options.pool.list.ban(peer.name))
      this.#emit({ type: 'peerBanned', peer: peer.name });
    this.#emit({ type: 'peerDropped', peer: peer.name, reason });
    this.#ask();
  }

  #tick(): void {
    const nowMs = this.now();
    this.#tickTimer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
    try {
      const wasAway = this.#watch.wasAway(nowMs);
      for (const peer of this.#connector.peers) peer.tick(nowMs, wasAway);
      if (this.#connector.isFull) this.#makeRoom(nowMs);
      this.#connectMore();
      this.#ask();
    } catch (error) {
      this.#outcome.reject(error); // no one else would catch it: this is a timer's
    }
  }

  #connectMore(): void {
    if (!this.#connector.connect(TICK_MS)) this.#options.pool.wantMore();
  }

  /** Sends the requests that are due. */
  #ask(): void {
    for (const { peer, piece } of this.#download.takeRequests(this.now())) {
      if (this.#connector.peer(peer)?.request(piece) !== true) this.#download.removePeer(peer);
    }
  }

  #makeRoom(nowMs: number): void {
    for (const peer of this.#connector.peers) {
      if (this.#offering.has(peer.key) || nowMs - peer.startMs < MAX_IDLE_MS) continue;
      peer.close(new DownloadError({ code: 'PEER_NO_METADATA' }));
      return;
    }
  }

  #giveUp(): void {
    const { timeoutMs = 0, pool } = this.#options;
    this.#outcome.reject(
      new DownloadError({
        code: 'NO_METADATA',
        waitedMs: timeoutMs,
        peersKnown: pool.list.size,
        peersReached: this.#reachedCount,
      }),
    );
  }

  /** A listener that throws ends the search, not the peer whose message it was told of. */
  #emit(event: DownloadEvent): void {
    try {
      this.#options.onEvent(event);
    } catch (error) {
      this.#outcome.reject(error);
    }
  }
}

/** Whether a peer gave what cannot be part of the metadata, on purpose as far as anyone can tell. */
function isLie(reason: unknown): boolean {
  return (
    PeerWireError.is(reason) &&
    (reason.code === 'INVALID_METADATA' || reason.code === 'METADATA_HASH_MISMATCH')
  );
}
