import { infoHash, peerId, PieceLayout, sha1 } from '@millrace/metainfo';
import {
  memoryNetwork,
  payload,
  placePeer,
  type ManualClock,
  type MemoryNetwork,
  type PeerBehaviour,
  type ScriptedPeer,
} from '@millrace/testkit';
import type { PeerAddress } from '@millrace/tracker-client';
import { MetadataFetch, type MetadataFetchOptions } from '../engine/metadata-fetch.ts';
import { PeerPool } from '../engine/peer-pool.ts';
import type { DownloadEvent } from '../events.ts';
import { givenPeers, type PeerSource } from '../peer-source.ts';
import { CountingClock } from './counting-clock.ts';

/** A swarm of which only the info hash is known, in memory and virtual time: add scripted peers, then fetch. */
export class MagnetSwarm {
  readonly network: MemoryNetwork<ManualClock> = memoryNetwork({ latencyMs: 20 });
  readonly infoBytes: Uint8Array<ArrayBuffer>;
  readonly events: DownloadEvent[] = [];
  readonly clock: CountingClock = new CountingClock(this.network.clock);
  readonly #addresses: PeerAddress[] = [];
  #peerCount = 0;

  /** @param pieceCount - Pieces of the torrent: the metadata has 20 bytes for each. */
  constructor(pieceCount: number) {
    const start = `d6:lengthi${pieceCount * 16_384}e4:name6:sample12:piece lengthi16384e6:pieces${20 * pieceCount}:`;
    const parts = [Buffer.from(start), payload(20 * pieceCount, 5), Buffer.from('e')];
    this.infoBytes = new Uint8Array(Buffer.concat(parts));
  }

  /** Adds a peer; by default it speaks ut_metadata, has the metadata and tells no lies. */
  add(behaviour: PeerBehaviour = this.honest()): ScriptedPeer {
    const { peer, address } = this.addUnknown(behaviour);
    this.#addresses.push(address);
    return peer;
  }

  /** Adds a peer whose address no one tells us. */
  addUnknown(behaviour: PeerBehaviour): { peer: ScriptedPeer; address: PeerAddress } {
    this.#peerCount += 1;
    const address = { host: `10.0.${this.#peerCount >> 8}.${this.#peerCount & 0xff}`, port: 6881 };
    const layout = new PieceLayout({ pieceLength: 16_384, totalLength: 16_384 });
    const metainfo = { infoHash: infoHash(sha1(this.infoBytes)), layout };
    const peer = placePeer(this.network, address, { metainfo, payload: payload(16_384), ...behaviour });
    return { peer, address };
  }

  honest(): PeerBehaviour {
    return { fast: {}, extensions: { metadata: this.infoBytes } };
  }

  pool(...others: readonly PeerSource[]): PeerPool {
    const sources = [givenPeers(this.#addresses), ...others];
    return new PeerPool({ sources, now: () => this.clock.now() });
  }

  fetch(options: Partial<MetadataFetchOptions> = {}): MetadataFetch {
    return new MetadataFetch({
      identity: { infoHash: infoHash(sha1(this.infoBytes)), peerId: peerId(new Uint8Array(20).fill(65)) },
      pool: this.pool(),
      dial: this.network.connect,
      clock: this.clock,
      maxPeers: 50,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Runs a fetch to its end in virtual time. */
  async run(fetch: MetadataFetch, signal: AbortSignal = new AbortController().signal): Promise<Uint8Array> {
    let isOver = false;
    const running = fetch.run(signal).finally(() => {
      isOver = true;
    });
    running.catch(() => {});
    await this.network.clock.advanceUntil(() => isOver, 600_000);
    return running;
  }
}
