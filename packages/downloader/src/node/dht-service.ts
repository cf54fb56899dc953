import type { DhtNode, DhtNodeOptions } from '@millrace/dht/node';
import type { PeerAddress } from '@millrace/tracker-client';
import { DhtContact } from '../engine/dht-contact.ts';
import { DhtSource, type DhtAnnouncer } from '../engine/dht-source.ts';
import type { Discovery } from './discovery.ts';
import { ResumeFile } from './resume-file.ts';
import { SharedService } from './shared-service.ts';
import { systemClock } from './system-clock.ts';

/** A client's node of the DHT. */
export interface DhtOptions {
  /** UDP port. @defaultValue the number of the port that peers can call, or any if that is taken */
  readonly port?: number;
  /** Nodes to begin with. @defaultValue those that others run for everyone */
  readonly bootstrap?: readonly PeerAddress[];
  /** File to keep known nodes in until the next run; one that is damaged is ignored. @defaultValue they are not kept */
  readonly cacheFile?: string;
}

export interface DhtServiceOptions extends DhtOptions {
  /** The port that peers can call. */
  readonly callablePort: () => number | undefined;
  /** Address of this machine to be a node at. @defaultValue all IPv4 addresses, and a public IPv6 one */
  readonly localAddress: string | undefined;
}

/** More than any node's state has, in bytes. */
const MAX_CACHE_LENGTH = 1024 * 1024;
/** Nodes that are taken from one torrent. */
const MAX_TORRENT_NODES = 20;

/**
 * Finds peers in the DHT for all torrents of a client, by one node. It is made for the first of them, and what it needs is
 * loaded then; after the last it is closed.
 */
export class DhtService implements AsyncDisposable {
  /** What peers are told of the node, and tell of theirs. */
  readonly contact: DhtContact;
  readonly #options: DhtServiceOptions;
  readonly #shared: SharedService<DhtNode>;
  readonly #cache: ResumeFile | undefined;
  #node: DhtNode | undefined;

  constructor(options: DhtServiceOptions) {
    this.#options = options;
    this.#cache = options.cacheFile === undefined ? undefined : new ResumeFile(options.cacheFile);
    this.#shared = new SharedService(
      () => this.#open(),
      (node) => this.#close(node),
    );
    this.contact = new DhtContact({
      port: () => this.#node?.port,
      onNode: (address) => this.#node?.addNode(address),
      now: () => systemClock.now(),
    });
  }

  readonly discover: Discovery = ({ infoHash, nodes, port, onEvent, onExternalAddress }) =>
    new DhtSource({
      infoHash,
      port,
      open: async () => {
        const node = await this.#shared.acquire();
        for (const address of nodes.slice(0, MAX_TORRENT_NODES)) node.addNode(address);
        return announcerOf(node, onExternalAddress);
      },
      release: () => this.#shared.release(),
      clock: systemClock,
      onEvent,
    });

  close(): Promise<void> {
    return this.#shared.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<DhtNode> {
    const { localAddress, bootstrap } = this.#options;
    const client = await import('@millrace/dht/node');
    const [known] = this.#cache?.generations(MAX_CACHE_LENGTH) ?? [];
    const node = await createNode(client.DhtNode, this.#ports(), {
      ...(localAddress === undefined ? {} : { addresses: [localAddress] }),
      ...(bootstrap === undefined ? { routers: client.PUBLIC_ROUTERS } : { bootstrap }),
      ...(known === undefined ? {} : { state: known }),
    });
    this.#node = node;
    // A process that is killed leaves some, too.
    void node.ready.then(async () => {
      if (this.#node === node) await this.#keep(node);
    });
    return node;
  }

  /** The ports to try, in order. */
  #ports(): readonly number[] {
    const { port, callablePort } = this.#options;
    return port === undefined ? [callablePort() ?? 0, 0] : [port];
  }

  async #close(node: DhtNode): Promise<void> {
    this.#node = undefined;
    await this.#keep(node);
    await node.close();
  }

  /** Keeps what the node knows, if it knows any. */
  async #keep(node: DhtNode): Promise<void> {
    const isAlone = node.statistics().members.every(({ table }) => table.good + table.questionable === 0);
    if (isAlone) return;
    // Nothing depends on it: where it cannot be written, the next run begins as the first did.
    await this.#cache?.write(node.exportState()).catch(() => {});
  }
}

/** Makes a node at the first port that is to be had, without the state if that is damaged. */
async function createNode(
  create: typeof DhtNode,
  [port = 0, ...others]: readonly number[],
  options: Omit<DhtNodeOptions, 'port'>,
): Promise<DhtNode> {
  try {
    return await create.create({ ...options, port });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'INVALID_STATE') {
      const { state: _damaged, ...rest } = options;
      return createNode(create, [port, ...others], rest);
    }
    if (code === 'CANNOT_LISTEN' && others.length > 0) return createNode(create, others, options);
    throw error;
  }
}

function announcerOf(node: DhtNode, onExternalAddress: (host: string) => void): DhtAnnouncer {
  return {
    async announce(infoHash, { port, seed, onPeer, signal }) {
      if (port !== undefined) await node.announce(infoHash, { port, seed, onPeer, signal });
      else for await (const peer of node.getPeers(infoHash, { signal })) onPeer(peer);
      for (const { externalHost } of node.statistics().members)
        if (externalHost !== undefined) onExternalAddress(externalHost);
    },
  };
}
