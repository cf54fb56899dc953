import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { PeerId } from '@millrace/metainfo';
import { tcpStream, type TcpAddress } from '@millrace/peer-wire/node';
import { ScriptedPeer, type ScriptedPeerOptions } from './scripted-peer.ts';
import type { PeerStatistics } from './statistics.ts';
import { announceTo } from './tracker-contact.ts';

export interface SeederOptions extends Omit<ScriptedPeerOptions, 'clock'> {
  /** Loopback address to listen at. @defaultValue '127.0.0.1' */
  readonly host?: '127.0.0.1' | '::1';
  /** @defaultValue 0, any free one */
  readonly port?: number;
  /** Announce URL of a tracker to be told of this peer, and of its end. @defaultValue none */
  readonly tracker?: string;
}

/** A peer that listens on a real socket, on loopback. */
export interface Seeder extends AsyncDisposable {
  readonly address: TcpAddress;
  readonly peerId: PeerId;
  /** Live. */
  readonly statistics: PeerStatistics;
  /** Has more pieces from now on and tells every remote. */
  addPieces(indexes: readonly number[]): void;
  /** Resolves once `isMet` holds. @throws {Error} after `timeoutMs`, by default 5 s. */
  until(isMet: (statistics: PeerStatistics) => boolean, timeoutMs?: number): Promise<void>;
  /** Hangs up on everyone; new connections are taken. */
  disconnect(): void;
  /** Hangs up on everyone, listens no more, and says `stopped` to the tracker. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a peer on loopback that has what it is given and does what it is told. Use with `await using`.
 *
 * @throws {Error} if the tracker it is to announce to does not answer.
 */
export async function startSeeder(options: SeederOptions): Promise<Seeder> {
  const { host = '127.0.0.1', port = 0 } = options;
  const server = createServer({ noDelay: true });
  server.listen(port, host);
  await once(server, 'listening');
  // Two peers of one test must not have the same id: the port is what tells them apart.
  const address = { host, port: portOf(server) };
  const peer = new ScriptedPeer({ seed: address.port, ...options });
  const seeder = new TcpSeeder(server, peer, address, options.tracker);
  try {
    await seeder.announce('started');
  } catch (error) {
    await seeder.close();
    throw error;
  }
  return seeder;
}

class TcpSeeder implements Seeder {
  readonly address: TcpAddress;
  readonly #server: Server;
  readonly #peer: ScriptedPeer;
  readonly #tracker: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: Server, peer: ScriptedPeer, address: TcpAddress, tracker: string | undefined) {
    this.#server = server;
    this.#peer = peer;
    this.address = address;
    this.#tracker = tracker;
    server.on('connection', (socket) => peer.accept((handler) => tcpStream(socket, handler)));
    peer.onDeath(() => server.close());
  }

  get peerId(): PeerId {
    return this.#peer.peerId;
  }

  get statistics(): PeerStatistics {
    return this.#peer.statistics;
  }

  addPieces(indexes: readonly number[]): void {
    this.#peer.addPieces(indexes);
  }

  until(isMet: (statistics: PeerStatistics) => boolean, timeoutMs?: number): Promise<void> {
    return this.#peer.until(isMet, timeoutMs);
  }

  disconnect(): void {
    this.#peer.disconnect();
  }

  async announce(event: 'started' | 'stopped'): Promise<void> {
    if (this.#tracker === undefined) return;
    const { metainfo, peerId, have } = this.#peer;
    let left = metainfo.layout.totalLength;
    for (const index of have) left -= metainfo.layout.pieceLength(index);
    await announceTo(this.#tracker, {
      infoHash: metainfo.infoHash,
      peerId,
      address: this.address,
      left,
      event,
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#peer.close();
    if (this.#server.listening) this.#server.close();
    await closed;
    // The tracker may be gone by now, or hostile; that is no failure of this peer.
    await this.announce('stopped').catch(() => {});
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('Cannot name the seeder: it has no port');
  return address.port;
}
