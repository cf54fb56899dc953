import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { LookupAddress } from 'node:dns';
import type { TLSSocket } from 'node:tls';
import type { HttpUrl } from '../tracker-url.ts';
import type { Deadline } from './deadline.ts';
import type { Proxy } from './proxy.ts';
import { connectError, proxyError, tlsError } from './transport-error.ts';

export interface ConnectOptions {
  readonly url: HttpUrl;
  /** Where `url.hostname`, or the proxy, was found; nothing else is connected to. */
  readonly addresses: readonly LookupAddress[];
  readonly localAddress: string | undefined;
  readonly proxy: Proxy | undefined;
  readonly ca: string | undefined;
  readonly deadline: Deadline;
  /** Named in errors. */
  readonly tracker: string;
}

/** One connection to a tracker; closing it waits until nothing of it is left. */
export class Connection implements AsyncDisposable {
  /** What requests are written to: TLS over TCP, or TCP alone. */
  get stream(): Socket | TLSSocket {
    return this.#tls ?? this.#tcp;
  }

  readonly #tcp: Socket;
  #tls: TLSSocket | undefined;
  readonly #signal: AbortSignal;

  /** @throws {TrackerError} `REFUSED`, `UNREACHABLE`, `CONNECTION_LOST`, `PROXY_FAILED` or `TLS`; or the deadline's reason. */
  static async open(options: ConnectOptions): Promise<Connection> {
    const { deadline, tracker, url, proxy } = options;
    deadline.enter('connecting');
    deadline.signal.throwIfAborted();
    const connection = new Connection(options);
    try {
      await connection.#opened(connection.#tcp, 'connect').catch((error: unknown) => {
        throw proxy === undefined
          ? connectError(error, url.hostname, tracker)
          : proxyError(error, proxy, tracker);
      });
      // Of HTTP alone, a proxy takes the request itself.
      if (proxy !== undefined && (proxy.kind === 'socks5' || url.protocol === 'https:')) {
        // Not loaded by who has no proxy.
        const { openTunnel } = await import('./tunnel.ts');
        await openTunnel({ socket: connection.#tcp, proxy, url, tracker }).catch((error: unknown) => {
          deadline.signal.throwIfAborted();
          throw proxyError(error, proxy, tracker);
        });
      }
      if (url.protocol === 'https:') {
        deadline.enter('securing');
        deadline.signal.throwIfAborted();
        await connection.#secure(options).catch((error: unknown) => {
          throw tlsError(error, tracker);
        });
      }
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  private constructor({ url, addresses, localAddress, deadline, proxy }: ConnectOptions) {
    this.#tcp = connect({
      host: (proxy ?? url).hostname,
      port: (proxy ?? url).port,
      lookup: pinned(addresses),
      autoSelectFamily: true,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    // Whoever waits is told; an error that comes when nobody does would end the process.
    this.#tcp.on('error', () => {});
    this.#signal = deadline.signal;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#onAbort();
    for (const socket of [this.#tls, this.#tcp]) {
      if (socket !== undefined && !socket.closed) await once(socket, 'close');
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onAbort = (): void => {
    this.#tls?.destroy();
    this.#tcp.destroy();
  };

  async #secure({ url, ca }: ConnectOptions): Promise<void> {
    const { hostname } = url;
    // Not imported: a tracker without TLS need not wait until it is loaded.
    const tls = process.getBuiltinModule('node:tls').connect({
      socket: this.#tcp,
      host: hostname,
      // Verified even where the environment says not to.
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    tls.on('error', () => {});
    this.#tls = tls;
    await this.#opened(tls, 'secureConnect');
  }

  /** Waits for `event`; a socket that closes instead has its error, or was destroyed by us. */
  async #opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(this.#signal.aborted ? this.#signal.reason : new Error('closed')));
    await promise;
  }
}

/** Answers every lookup with addresses that were found, and checked, before. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}
