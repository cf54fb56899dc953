import type { Metainfo, PeerId } from '@millrace/metainfo';
import type { RateLimits } from '../options.ts';
import { ClientNetwork, type ClientOptions } from './client-network.ts';
import { startDownload, type Download, type DownloadOptions, type SeedOptions } from './start-download.ts';
import type { TorrentSource } from './swarm-options.ts';

/**
 * Downloads and seeds any number of torrents, and owns what they share: the port, the limits, and the ways in which peers are found
 * that are no torrent's own. Disposing of it ends them all.
 *
 * @example
 * ```ts
 * await using client = await openClient({ port: 6881 });
 * const { done } = client.download(metainfo, { path: 'debian.iso' });
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #network: ClientNetwork;
  readonly #running = new Set<AsyncDisposable>();

  /** See {@link openClient}. */
  private constructor(network: ClientNetwork) {
    this.#network = network;
  }

  /** See {@link openClient}. */
  static async open(options: ClientOptions = {}): Promise<Client> {
    const network = new ClientNetwork(options);
    await network.ready;
    return new Client(network);
  }

  /** The port that peers can call; `undefined` if they cannot. */
  get port(): number | undefined {
    return this.#network.port;
  }

  get peerId(): PeerId {
    return this.#network.peerId;
  }

  /**
   * Downloads a torrent into files. Run again, it goes on where it was: what is there is checked, the rest is fetched. Of a
   * magnet link the metadata is fetched first.
   *
   * @throws {RangeError} at once, if a limit is not a whole number of at least 1, or `files` is empty or names one that is
   * not there; of a magnet link, `done` rejects with the latter.
   */
  download(source: TorrentSource, options: DownloadOptions): Download {
    return this.#keep(startDownload(this.#network, source, options));
  }

  /**
   * Gives what is there of a torrent to whoever asks, once it has been checked. Nothing is written.
   *
   * @returns `done` resolves when `seeding` is reached; it rejects with `NOTHING_TO_SEED` if no piece is there.
   * @throws {RangeError} at once, if a limit cannot be.
   */
  seed(metainfo: Metainfo, options: SeedOptions): Download {
    return this.#keep(startDownload(this.#network, metainfo, { seeding: {}, ...options }, true));
  }

  /** Changes what all torrents together may move, from now on. @throws {RangeError} if a rate is not more than 0. */
  setLimits(limits: RateLimits): void {
    this.#network.setLimits(limits);
  }

  /** Ends every torrent, as their `signal`s would, and stops listening. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#running, (running) => running[Symbol.asyncDispose]()));
    await this.#network.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keep<T extends AsyncDisposable & { readonly done: Promise<unknown> }>(running: T): T {
    this.#running.add(running);
    const forget = (): void => void this.#running.delete(running);
    running.done.then(forget, forget);
    return running;
  }
}

/**
 * Opens a client: peers can call when it resolves.
 *
 * @throws {PeerWireError} `NOT_LISTENING`
 * @throws {RangeError} if a limit is not a whole number of at least 1.
 */
export function openClient(options?: ClientOptions): Promise<Client> {
  return Client.open(options);
}
