import type { LocalDiscovery } from '@millrace/local-discovery/node';
import { LocalSource } from '../engine/local-source.ts';
import type { Discovery } from './discovery.ts';
import { SharedService } from './shared-service.ts';

export interface LocalServiceOptions {
  /** The port that peers can call. */
  readonly port: () => number | undefined;
  /** Address of this machine to speak from. @defaultValue every one but loopback */
  readonly localAddress: string | undefined;
}

/** Finds peers in the local network for all torrents of a client. What it needs is loaded for the first of them. */
export class LocalService implements AsyncDisposable {
  readonly #options: LocalServiceOptions;
  readonly #discovery: SharedService<LocalDiscovery>;

  constructor(options: LocalServiceOptions) {
    this.#options = options;
    this.#discovery = new SharedService(
      () => this.#open(),
      (discovery) => discovery.close(),
    );
  }

  readonly discover: Discovery = ({ infoHash, onEvent }) =>
    new LocalSource({
      infoHash,
      open: () => this.#discovery.acquire(),
      release: () => this.#discovery.release(),
      onEvent,
    });

  close(): Promise<void> {
    return this.#discovery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<LocalDiscovery> {
    const { port, localAddress } = this.#options;
    const client = await import('@millrace/local-discovery/node');
    const listening = port();
    if (listening === undefined)
      throw new Error('Cannot announce to the local network: no port is open to peers');
    return new client.LocalDiscovery({
      port: listening,
      ...(localAddress === undefined ? {} : { addresses: [localAddress] }),
    });
  }
}
