import {
  HandshakeOpening,
  PeerWireError,
  type ByteStream,
  type ByteStreamHandler,
} from '@millrace/peer-wire';
import { formatInfoHash, type InfoHash } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import type { Connection } from './connector.ts';

/** A connection that someone else opened, which is taken or left during the call that tells of it. */
export interface Arrival {
  readonly address: PeerAddress;
  accept(handler: ByteStreamHandler): ByteStream;
}

/** Whoever takes the incoming connections of one torrent. */
export interface Host {
  /** Makes our end of a connection from this address; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): Connection | undefined;
}

export interface ReceptionOptions {
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  /** Connections that have not said which torrent they are for; the one that waits longest gives way. @defaultValue 64 */
  readonly maxWaiting?: number;
  /** Time allowed to say it, in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

/**
 * Receives connections for all torrents: hears which one each is for, and hands it over. A connection waits here or is
 * with its torrent, never both. Who names no torrent of ours, or has too many connections, is hung up on.
 */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #hosts = new Map<string, Host>();
  readonly #waiting = new Set<Newcomer>();

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Connections that have not said which torrent they are for. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Takes connections for a torrent from now on, until the function that is returned is called.
   *
   * @throws {RangeError} if someone else does.
   */
  open(infoHash: InfoHash, host: Host): () => void {
    const key = formatInfoHash(infoHash);
    if (this.#hosts.has(key)) throw new RangeError(`Cannot run torrent ${key} twice: one client has it once`);
    this.#hosts.set(key, host);
    return () => {
      if (this.#hosts.get(key) === host) this.#hosts.delete(key);
    };
  }

  /** Someone connects. */
  receive(arrival: Arrival): void {
    const { limits, clock, maxWaiting = 64, timeoutMs = 10_000 } = this.#options;
    if (this.#hosts.size === 0 || limits.isCrowded(arrival.address.host)) return;
    if (this.#waiting.size >= maxWaiting || limits.isFullForIncoming) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) return;
      oldest.close(new DownloadError({ code: 'TOO_MANY_CONNECTIONS' }));
    }
    const newcomer = new Newcomer(arrival.address, this);
    this.#waiting.add(newcomer);
    limits.opened(arrival.address.host, true);
    newcomer.start(arrival, clock, timeoutMs);
  }

  /** Whoever waits is hung up on, and no one comes in any more. */
  close(): void {
    this.#hosts.clear();
    for (const newcomer of this.#waiting) newcomer.close();
  }

  /** Someone said which torrent it is for: answers with our end of the connection. @throws {DownloadError} `TORRENT_UNKNOWN`, `TOO_MANY_CONNECTIONS` */
  handOver(newcomer: Newcomer, infoHash: InfoHash): Connection {
    this.left(newcomer);
    const host = this.#hosts.get(formatInfoHash(infoHash));
    if (host === undefined) throw new DownloadError({ code: 'TORRENT_UNKNOWN' });
    const connection = host.welcome(newcomer.address);
    if (connection === undefined) throw new DownloadError({ code: 'TOO_MANY_CONNECTIONS' });
    return connection;
  }

  /** Someone waits no longer. */
  left(newcomer: Newcomer): void {
    if (this.#waiting.delete(newcomer)) this.#options.limits.closed(newcomer.address.host, true);
  }
}

/** Someone who is connected: first here, then, with the same stream, at the torrent. */
class Newcomer implements ByteStreamHandler {
  readonly address: PeerAddress;
  readonly #reception: Reception;
  readonly #opening = new HandshakeOpening();
  #stream: ByteStream | undefined;
  #timer: Timer | undefined;
  #connection: Connection | undefined;

  constructor(address: PeerAddress, reception: Reception) {
    this.address = address;
    this.#reception = reception;
  }

  start(arrival: Arrival, clock: Clock, timeoutMs: number): void {
    this.#timer = clock.setTimer(timeoutMs, () =>
      this.close(new PeerWireError({ code: 'TIMED_OUT', phase: 'handshaking', idleMs: timeoutMs })),
    );
    this.#stream = arrival.accept(this);
  }

  close(reason?: unknown): void {
    this.#leave();
    this.#stream?.close(reason);
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#connection !== undefined) {
      this.#connection.onBytes(chunk);
      return;
    }
    const taken = this.#opening.push(chunk);
    const { infoHash } = this.#opening;
    if (infoHash === undefined || this.#stream === undefined) return;
    this.#timer?.cancel();
    const connection = this.#reception.handOver(this, infoHash);
    this.#connection = connection;
    connection.attach(this.#stream);
    connection.onBytes(this.#opening.bytes);
    if (taken < chunk.length) connection.onBytes(chunk.subarray(taken));
  }

  onDrained(): void {
    this.#connection?.onDrained();
  }

  onClose(reason: unknown): void {
    this.#leave();
    this.#connection?.onClose(reason);
  }

  #leave(): void {
    this.#timer?.cancel();
    this.#reception.left(this);
  }
}
