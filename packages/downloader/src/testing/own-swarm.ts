import { peerId } from '@millrace/metainfo';
import { seededRandom, type Link } from '@millrace/testkit';
import type { PeerAddress } from '@millrace/tracker-client';
import { Reception } from '../engine/reception.ts';
import type { Torrent } from '../engine/torrent.ts';
import type { TorrentOptions } from '../engine/torrent-options.ts';
import type { DownloadEvent } from '../events.ts';
import { givenPeers } from '../peer-source.ts';
import { ConnectionLimits } from '../policy/connection-limits.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { MemorySwarm } from './memory-swarm.ts';

/** One of our own engines in a swarm in memory. */
export interface OwnPeer {
  readonly address: PeerAddress;
  readonly torrent: Torrent;
  readonly storage: MemoryStorage;
  readonly events: DownloadEvent[];
  /** Settles when the torrent's run does. */
  readonly done: Promise<void>;
  readonly isWhole: boolean;
  stop(): Promise<void>;
}

export interface OwnPeerOptions extends Partial<TorrentOptions> {
  /** Pieces that it has when it begins. @defaultValue none */
  readonly has?: (index: number) => boolean;
  /** Whether others can call it. @defaultValue true */
  readonly listens?: boolean;
  /** Whom it knows when it begins. @defaultValue no one */
  readonly knows?: readonly OwnPeer[];
  readonly link?: Link;
}

/** Puts our own engines into a swarm in memory, each with an address of its own, where others can call it. */
export class OwnSwarm {
  readonly #swarm: MemorySwarm;
  readonly #peers: OwnPeer[] = [];

  constructor(swarm: MemorySwarm) {
    this.#swarm = swarm;
  }

  add({ has, listens = true, knows = [], link, ...options }: OwnPeerOptions = {}): OwnPeer {
    const swarm = this.#swarm;
    const number = this.#peers.length + 1;
    const address = { host: `10.9.0.${number}`, port: 6881 };
    const storage = new MemoryStorage();
    for (let index = 0; index < swarm.layout.pieceCount; index += 1)
      if (has?.(index) === true) void storage.writePiece(index, swarm.piece(index));
    const events: DownloadEvent[] = [];
    const torrent = swarm.torrent({
      store: swarm.store(storage),
      peerId: peerId(new Uint8Array(20).fill(65 + number)),
      random: seededRandom(number),
      sources: [givenPeers(knows.map((peer) => peer.address))],
      dial: (to, handler, dialing) => swarm.network.connectFrom(address.host, to, handler, dialing),
      port: listens ? address.port : undefined,
      onEvent: (event) => events.push(event),
      ...options,
    });
    const { clock } = swarm.network;
    if (listens) {
      const reception = new Reception({ clock, limits: new ConnectionLimits({ maxPerNetwork: 1_000 }) });
      reception.open(swarm.infoHash, torrent);
      swarm.network.listen(address, (accept, from) => reception.receive({ address: from, accept }), link);
    }
    const halt = new AbortController();
    const done = torrent.run(halt.signal);
    done.catch(() => {});
    const peer: OwnPeer = {
      address,
      torrent,
      storage,
      events,
      done,
      get isWhole() {
        return swarm.holdsAll(storage);
      },
      async stop() {
        halt.abort();
        let isOver = false;
        void done.catch(() => {}).finally(() => (isOver = true));
        await clock.advanceUntil(() => isOver);
      },
    };
    this.#peers.push(peer);
    return peer;
  }

  /** Lets time go on until something is so. */
  async until(isSo: () => boolean, limitMs = 600_000): Promise<void> {
    await this.#swarm.network.clock.advanceUntil(isSo, limitMs);
  }

  /** Stops everyone. */
  async stop(): Promise<void> {
    for (const peer of this.#peers) await peer.stop();
  }
}
