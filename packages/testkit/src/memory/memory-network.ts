import { PeerWireError, type ByteStream, type ByteStreamHandler } from '@millrace/peer-wire';
import type { ConnectOptions, TcpAddress } from '@millrace/peer-wire/node';
import { formatPeerAddress } from '@millrace/tracker-client';
import type { Clock } from '../clock.ts';
import { ManualClock } from '../manual-clock.ts';
import { seededRandom, type Random } from '../random.ts';
import { MemoryStream } from './memory-stream.ts';
import type { Link } from './pipe.ts';

/** Takes one incoming connection: `open` gives it its handler, as `tcpStream` does with a socket; `from` is where it comes from. */
export type Accept = (open: (handler: ByteStreamHandler) => ByteStream, from: TcpAddress) => void;

/** Opens a stream to an address, as peer-wire's `connectTcp` does. */
export type Connect = (
  address: TcpAddress,
  handler: ByteStreamHandler,
  options?: Pick<ConnectOptions, 'timeoutMs' | 'signal'>,
) => Promise<ByteStream>;

/** Who calls, where it is not said. */
const CALLER = '10.255.255.1';
const CALLING_PORTS = { from: 40_000, to: 60_000 };

/** A listener in memory. */
export interface MemoryListener {
  readonly address: TcpAddress;
  /** Takes no more connections; those that are open go on. */
  close(): void;
}

export interface MemoryNetworkOptions extends Link {
  /** Time and timers of the whole network. @defaultValue a new {@link ManualClock} */
  readonly clock?: Clock;
  /** Where chunks are cut and how long they travel depends on nothing else. @defaultValue 1 */
  readonly seed?: number;
}

interface Place {
  readonly accept: Accept;
  readonly link: Link & { readonly latencyMs: number };
  readonly streams: Set<MemoryStream>;
}

/** A network without sockets: addresses that listen, and streams between them, in the time of one clock. */
export class MemoryNetwork<C extends Clock = Clock> {
  readonly clock: C;
  readonly #random: Random;
  readonly #link: Link & { readonly latencyMs: number };
  readonly #places = new Map<string, Place>();
  readonly #blackHoles = new Set<string>();
  #callCount = 0;

  constructor(clock: C, options: Omit<MemoryNetworkOptions, 'clock'> = {}) {
    this.clock = clock;
    this.#random = seededRandom(options.seed ?? 1);
    this.#link = { latencyMs: 0, ...options };
  }

  /** Listens at an address; `link` says how that place is connected, where it differs from the network's own. */
  listen(address: TcpAddress, accept: Accept, link: Link = {}): MemoryListener {
    const key = formatPeerAddress(address);
    if (this.#places.has(key)) throw new RangeError(`Cannot listen at ${key}: something does already`);
    this.#places.set(key, { accept, link: { ...this.#link, ...link }, streams: new Set() });
    return { address, close: () => void this.#places.delete(key) };
  }

  /** Makes an address swallow every attempt to connect, so that only a timeout ends it. */
  swallow(address: TcpAddress): void {
    this.#blackHoles.add(formatPeerAddress(address));
  }

  /** Makes one end of a connection read nothing any more. */
  hold(stream: ByteStream): void {
    if (stream instanceof MemoryStream) stream.stopReading();
  }

  /** Breaks every connection to an address, as a pulled cable and a reset would. */
  sever(address: TcpAddress): void {
    const streams = this.#places.get(formatPeerAddress(address))?.streams ?? new Set();
    for (const stream of streams) stream.sever(new Error('read ECONNRESET'));
    streams.clear();
  }

  /**
   * Connects to an address that listens. Takes one round trip; has the shape of peer-wire's `connectTcp`, and may be
   * handed on without the network.
   *
   * @throws {PeerWireError} `NOT_CONNECTED` if nothing listens there, `TIMED_OUT` if the address swallows attempts.
   */
  readonly connect: Connect = (address, handler, options) =>
    this.connectFrom(CALLER, address, handler, options);

  /** Connects as someone at `host` does; each connection comes from a port of its own. See {@link connect}. */
  async connectFrom(
    host: string,
    address: TcpAddress,
    handler: ByteStreamHandler,
    { timeoutMs = 10_000, signal }: Pick<ConnectOptions, 'timeoutMs' | 'signal'> = {},
  ): Promise<ByteStream> {
    signal?.throwIfAborted();
    const key = formatPeerAddress(address);
    const place = this.#places.get(key);
    const isSwallowed = this.#blackHoles.has(key);
    const roundTripMs = 2 * (place?.link ?? this.#link).latencyMs;
    const isLate = isSwallowed || roundTripMs > timeoutMs;
    const outcome = Promise.withResolvers<ByteStream>();
    const timer = this.clock.setTimer(isLate ? timeoutMs : roundTripMs, () => {
      if (isLate) {
        outcome.reject(new PeerWireError({ code: 'TIMED_OUT', phase: 'connecting', idleMs: timeoutMs }));
      } else if (place === undefined || this.#places.get(key) !== place) {
        outcome.reject(new PeerWireError({ code: 'NOT_CONNECTED' }, { cause: new Error('ECONNREFUSED') }));
      } else {
        outcome.resolve(this.#open(place, handler, host));
      }
    });
    const onAbort = (): void => {
      timer.cancel();
      outcome.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await outcome.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Two connected ends without an address. */
  pair(one: ByteStreamHandler, other: ByteStreamHandler, link: Link = {}): readonly [ByteStream, ByteStream] {
    return MemoryStream.pair(this.clock, this.#random, { ...this.#link, ...link }, [one, other]);
  }

  /** Ports for outgoing connections, one after another as a system gives them out. */
  #callerAt(host: string): TcpAddress {
    const { from, to } = CALLING_PORTS;
    const port = from + (this.#callCount % (to - from));
    this.#callCount += 1;
    return { host, port };
  }

  #open(place: Place, handler: ByteStreamHandler, host: string): ByteStream {
    const remote = new LateHandler();
    const [local, far] = MemoryStream.pair(this.clock, this.#random, place.link, [handler, remote]);
    place.streams.add(local).add(far);
    place.accept((farHandler) => {
      remote.handler = farHandler;
      return far;
    }, this.#callerAt(host));
    return local;
  }
}

/** A network in memory; without a clock of its own it stands still until its `ManualClock` is moved on. */
export function memoryNetwork(
  options?: Omit<MemoryNetworkOptions, 'clock'> & { readonly clock?: ManualClock },
): MemoryNetwork<ManualClock>;
export function memoryNetwork(options: MemoryNetworkOptions): MemoryNetwork;
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new MemoryNetwork(options.clock ?? new ManualClock(), options);
}

/** Stands in for the handler that the accepting side names when it opens the stream. */
class LateHandler implements ByteStreamHandler {
  handler: ByteStreamHandler | undefined;

  onBytes(chunk: Uint8Array): void {
    this.handler?.onBytes(chunk);
  }

  onDrained(): void {
    this.handler?.onDrained();
  }

  onClose(reason: unknown): void {
    this.handler?.onClose(reason);
  }
}
