import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { encode } from '@millrace/bencode';
import type { PeerAddress } from '@millrace/tracker-client';
import { Condition } from '../condition.ts';
import { toHex } from '../hex.ts';
import { payload } from '../payload.ts';
import { readAnnounce, type ReceivedAnnounce } from './announce-query.ts';
import { encodeAnswer, type Answer } from './answer.ts';
import type { TrackerMisbehaviour } from './misbehaviour.ts';
import { misrespond, respond } from './respond.ts';
import { Swarm, type SwarmPeer } from './swarm.ts';

export interface TrackerOptions {
  /** Loopback address to listen at. @defaultValue '127.0.0.1' */
  readonly host?: '127.0.0.1' | '::1';
  /** @defaultValue 0, any free one */
  readonly port?: number;
  /** Path of the announce. @defaultValue '/announce' */
  readonly path?: string;
  /** Seconds between announces, as told to peers. @defaultValue 1_800 */
  readonly interval?: number | bigint | string;
  readonly minInterval?: number | bigint | string;
  /** Which form peers come in: as the client asked (compact if it did not say), or always the same. @defaultValue 'asAsked' */
  readonly form?: 'asAsked' | 'compact' | 'dictionary';
  /** Peers told to everyone besides those of the swarm. */
  readonly peers?: readonly PeerAddress[];
  readonly trackerId?: string;
  readonly warning?: string;
  /** Packs answers for clients that accept gzip. @defaultValue false */
  readonly gzip?: boolean;
  /** Asked for every announce, counted from 0, after it was recorded: what to do instead of answering honestly. */
  readonly misbehave?: (announce: ReceivedAnnounce, count: number) => TrackerMisbehaviour | undefined;
}

/** A tracker that runs inside this process, on loopback. */
export interface Tracker extends AsyncDisposable {
  /** The announce URL. */
  readonly url: string;
  /** Every announce received, in order; live. */
  readonly announces: readonly ReceivedAnnounce[];
  /** Requests of any kind received, redirected ones included. */
  readonly requestCount: number;
  /** Bytes written to clients so far, headers included: what an endless answer cost them. */
  readonly sentBytes: number;
  /** The peers of one torrent; empty if no one announced it. */
  swarm(infoHash: Uint8Array): Swarm;
  /** Adds a peer as if it had announced itself; its peer id is made of its address. */
  addPeer(infoHash: Uint8Array, peer: PeerAddress & { readonly left?: number }): void;
  /** Misbehaves from now on, or behaves again. */
  misbehave(misbehaviour: TrackerMisbehaviour | undefined): void;
  /** Resolves once an announce matches. @throws {Error} after `timeoutMs`, by default 5 s. */
  announced(matches: (announce: ReceivedAnnounce) => boolean, timeoutMs?: number): Promise<ReceivedAnnounce>;
  /** Breaks every connection and listens no more. Idempotent. */
  close(): Promise<void>;
}

/** Starts an HTTP tracker (BEP 3, 7, 23) on loopback. Use with `await using`. */
export async function startTracker(options: TrackerOptions = {}): Promise<Tracker> {
  const server = createServer();
  const { host = '127.0.0.1', port = 0, path = '/announce' } = options;
  server.listen(port, host);
  await once(server, 'listening');
  return new HttpTracker(
    server,
    `http://${host === '::1' ? '[::1]' : host}:${portOf(server)}${path}`,
    options,
  );
}

class HttpTracker implements Tracker {
  readonly url: string;
  readonly announces: ReceivedAnnounce[] = [];
  requestCount = 0;
  readonly #server: Server;
  readonly #options: TrackerOptions;
  readonly #swarms = new Map<string, Swarm>();
  readonly #received = new Condition();
  #misbehaviour: TrackerMisbehaviour | undefined;
  #closedSentBytes = 0;
  readonly #sockets = new Set<IncomingMessage['socket']>();

  constructor(server: Server, url: string, options: TrackerOptions) {
    this.#server = server;
    this.url = url;
    this.#options = options;
    server.on('request', (request, response) => this.#onRequest(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#closedSentBytes += socket.bytesWritten;
      });
    });
  }

  get sentBytes(): number {
    let sum = this.#closedSentBytes;
    for (const socket of this.#sockets) sum += socket.bytesWritten;
    return sum;
  }

  swarm(infoHash: Uint8Array): Swarm {
    const key = toHex(infoHash);
    const known = this.#swarms.get(key) ?? new Swarm();
    this.#swarms.set(key, known);
    return known;
  }

  addPeer(infoHash: Uint8Array, { host, port, left = 0 }: PeerAddress & { readonly left?: number }): void {
    const seed = new TextEncoder().encode(host).reduce((sum, byte) => sum * 31 + byte, port);
    this.swarm(infoHash).put({ host, port, left, peerId: payload(20, seed) });
  }

  misbehave(misbehaviour: TrackerMisbehaviour | undefined): void {
    this.#misbehaviour = misbehaviour;
  }

  async announced(
    matches: (announce: ReceivedAnnounce) => boolean,
    timeoutMs = 5000,
  ): Promise<ReceivedAnnounce> {
    let found: ReceivedAnnounce | undefined;
    const isThere = (): boolean => {
      found = this.announces.find(matches);
      return found !== undefined;
    };
    await this.#received.until(isThere, 'the announce', timeoutMs);
    if (found === undefined) throw new Error('Cannot happen: the condition holds only when there is one');
    return found;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.requestCount += 1;
    // The client may hang up in the middle of anything; that is its right.
    response.on('error', () => {});
    request.resume();
    const target = request.url ?? '/';
    if (target.split('?')[0] !== (this.#options.path ?? '/announce')) {
      response.writeHead(404).end();
      return;
    }
    const announce = readAnnounce(target, request.headers, performance.now());
    const count = this.announces.push(announce) - 1;
    const misbehaviour = this.#options.misbehave?.(announce, count) ?? this.#misbehaviour;
    const failure = whyRefused(announce);
    const answer = this.#apply(announce, request);
    this.#received.changed();
    const compact =
      this.#options.form === 'compact' || (this.#options.form !== 'dictionary' && announce.compact !== false);
    if (misbehaviour !== undefined) {
      void misrespond(response, misbehaviour, answer, compact);
    } else if (failure === undefined) {
      const gzip = this.#options.gzip === true && String(request.headers['accept-encoding']).includes('gzip');
      respond(response, encodeAnswer(answer, compact), gzip);
    } else {
      respond(response, encode({ 'failure reason': failure }), false);
    }
  }

  /** Changes the swarm as the announce says and makes the honest answer. */
  #apply(announce: ReceivedAnnounce, request: IncomingMessage): Answer {
    const { infoHash = new Uint8Array(20), peerId = new Uint8Array(20), port, left } = announce;
    const swarm = this.swarm(infoHash);
    if (whyRefused(announce) === undefined && port !== undefined && left !== undefined) {
      const host = announce.ip ?? request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
      if (announce.event === 'stopped') swarm.remove(peerId);
      else swarm.put({ host, port, left, peerId });
      if (announce.event === 'completed') swarm.downloads += 1;
    }
    const { minInterval, trackerId, warning } = this.#options;
    const others: readonly SwarmPeer[] = swarm.others(peerId, announce.numWant ?? 50);
    return {
      interval: this.#options.interval ?? 1800,
      ...(minInterval === undefined ? {} : { minInterval }),
      ...(trackerId === undefined ? {} : { trackerId }),
      ...(warning === undefined ? {} : { warning }),
      seeders: swarm.seeders,
      leechers: swarm.leechers,
      downloads: swarm.downloads,
      peers: [...(announce.event === 'stopped' ? [] : others), ...(this.#options.peers ?? [])],
    };
  }
}

/** Names the first thing an announce lacks that BEP 3 demands. */
function whyRefused(announce: ReceivedAnnounce): string | undefined {
  if (announce.infoHash === undefined) return 'info_hash is not 20 bytes';
  if (announce.peerId === undefined) return 'peer_id is not 20 bytes';
  if (announce.port === undefined || announce.port > 65_535) return 'port is missing or not a number';
  if (announce.left === undefined) return 'left is missing or not a number';
  if (announce.uploaded === undefined || announce.downloaded === undefined)
    return 'uploaded or downloaded is missing';
  if (!['started', 'completed', 'stopped', '', undefined].includes(announce.event)) return 'event is unknown';
  return undefined;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('Cannot name the tracker: it has no port');
  return address.port;
}
