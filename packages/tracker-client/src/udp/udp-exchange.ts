import { TrackerError } from '../error.ts';
import { decodeUdpConnect } from './decode-udp.ts';
import { encodeUdpConnect, type UdpRequestHeader } from './encode-udp.ts';
import { UDP_PROTOCOL_ID, udpTransactionId } from './udp-packet.ts';

/** What a tracker must be shown with each request: proof that we are where we say. */
export interface UdpConnection {
  readonly id: bigint;
  readonly receivedMs: number;
}

export interface UdpExchangeOptions<T> {
  /** Writes the question itself. */
  readonly encode: (head: UdpRequestHeader) => Uint8Array<ArrayBuffer>;
  /** Reads its answer; throws `TrackerError`. */
  readonly decode: (packet: Uint8Array, transactionId: number) => T;
  /** Makes 32 random bits nobody can guess: whoever cannot see our packets must not be able to answer them. */
  readonly randomId: () => number;
  /** A connection of an earlier exchange with the same address. */
  readonly connection?: UdpConnection | undefined;
  /** Time until the first retransmission, in milliseconds; it doubles with each. @defaultValue 15_000 */
  readonly retryMs?: number | undefined;
  /** The announce URL, for errors. */
  readonly tracker?: string | undefined;
}

export type UdpStep<T> =
  | { readonly type: 'ignored' }
  | { readonly type: 'send'; readonly packet: Uint8Array<ArrayBuffer> }
  | { readonly type: 'answer'; readonly value: T };

/** BEP 15: how long a connection id may be used. */
const CONNECTION_LIFE_MS = 60_000;
const DEFAULT_RETRY_MS = 15_000;
/** BEP 15: the wait doubles up to this many times. */
const MAX_DOUBLINGS = 8;

/**
 * One question to one tracker, without socket or clock: connects unless it may still use a connection, asks, and says
 * when to send again. At any time either the connection is asked for, or the question is.
 *
 * A packet with another transaction id is ignored, since anyone may send one; a packet with ours is the tracker's word.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0015.html | BEP 15}
 */
export class UdpExchange<T> {
  readonly #options: UdpExchangeOptions<T>;
  #connection: UdpConnection | undefined;
  /** Whether the connection was made for another question: the tracker may have forgotten it since. */
  #isReused: boolean;
  /** What was sent last; when it is sent again it stays the same, so that a late answer counts. */
  #sent: UdpRequestHeader | undefined;
  #doublings = 0;
  #sentMs = 0;

  constructor(options: UdpExchangeOptions<T>) {
    this.#options = options;
    this.#connection = options.connection;
    this.#isReused = options.connection !== undefined;
  }

  /** What later exchanges with the same address may use. */
  get connection(): UdpConnection | undefined {
    return this.#connection;
  }

  /** When to call `retry`. */
  get deadlineMs(): number {
    return this.#sentMs + (this.#options.retryMs ?? DEFAULT_RETRY_MS) * 2 ** this.#doublings;
  }

  /** @returns The first packet to send. */
  start(nowMs: number): Uint8Array<ArrayBuffer> {
    return this.#next(nowMs);
  }

  /** Nothing came until the deadline. @returns The packet to send then. */
  retry(nowMs: number): Uint8Array<ArrayBuffer> {
    this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS);
    // Trackers do not answer whom they do not know any more: an old connection is not tried twice.
    if (this.#isReused) this.#forget();
    return this.#next(nowMs);
  }

  /**
   * Takes a packet from the address that was asked.
   *
   * @throws {TrackerError} `FAILURE` or `MALFORMED_PACKET` if it answers us, and not with what was asked for.
   */
  receive(packet: Uint8Array, nowMs: number): UdpStep<T> {
    const transactionId = this.#sent?.transactionId;
    if (transactionId === undefined || udpTransactionId(packet) !== transactionId) return { type: 'ignored' };
    if (this.#connection !== undefined) return this.#receiveAnswer(packet, transactionId, nowMs);
    const { tracker } = this.#options;
    const id = decodeUdpConnect(packet, { transactionId, tracker });
    this.#connection = { id, receivedMs: nowMs };
    this.#doublings = 0;
    return { type: 'send', packet: this.#next(nowMs) };
  }

  #receiveAnswer(packet: Uint8Array, transactionId: number, nowMs: number): UdpStep<T> {
    try {
      return { type: 'answer', value: this.#options.decode(packet, transactionId) };
    } catch (error) {
      // What it refuses may be the old connection; a new one tells.
      if (!this.#isReused || !TrackerError.is(error) || error.code !== 'FAILURE') throw error;
      this.#forget();
      return { type: 'send', packet: this.#next(nowMs) };
    }
  }

  #forget(): void {
    this.#connection = undefined;
    this.#isReused = false;
  }

  #next(nowMs: number): Uint8Array<ArrayBuffer> {
    const connection = this.#connection;
    if (connection !== undefined && nowMs - connection.receivedMs >= CONNECTION_LIFE_MS) this.#forget();
    this.#sentMs = nowMs;
    const connectionId = this.#connection?.id ?? UDP_PROTOCOL_ID;
    if (this.#sent?.connectionId !== connectionId) {
      this.#sent = { connectionId, transactionId: this.#options.randomId() };
    }
    return this.#connection === undefined
      ? encodeUdpConnect(this.#sent.transactionId)
      : this.#options.encode(this.#sent);
  }
}
