import type { PeerId } from '@millrace/metainfo';
import { listenTcp, type TcpListener } from '@millrace/peer-wire/node';
import type { Dial } from '../engine/connector.ts';
import type { DhtContact } from '../engine/dht-contact.ts';
import type { DownloadEvent } from '../events.ts';
import { Reception } from '../engine/reception.ts';
import { RateTimer } from '../engine/rate-timer.ts';
import { SendBuffers } from '../engine/upload/send-buffers.ts';
import { requireCount, requireRates, type RateLimits } from '../options.ts';
import { ConnectionLimits, type ConnectionLimitsOptions } from '../policy/connection-limits.ts';
import type { Discovery } from './discovery.ts';
import { DhtService, type DhtOptions } from './dht-service.ts';
import { LocalService } from './local-service.ts';
import { PortMapping } from './port-mapping.ts';
import { dialFrom, newPeerId } from './network.ts';
import { systemClock } from './system-clock.ts';

/** What all torrents of a process share. */
export interface ClientOptions extends ConnectionLimitsOptions, RateLimits {
  /** The port that peers can call, 1 to 65535: one for all torrents, IPv4 and IPv6. @defaultValue one that is free */
  readonly port?: number;
  /** Whether peers can call at all. If not, `port` is only told, for those who have it lead here by other means. @defaultValue true */
  readonly listen?: boolean;
  /** Address of this machine to listen at, and to connect from, to trackers and to peers. @defaultValue all, and any */
  readonly localAddress?: string;
  /**
   * Whether torrents are announced to the local network, which peers there hear (BEP 14). Private ones never are, nor is
   * anything while nobody can call. @defaultValue false
   */
  readonly localDiscovery?: boolean;
  /**
   * Whether the router of this network is asked to let peers in, by NAT-PMP, PCP or UPnP; it forgets that when the client is
   * closed. Nothing waits for it. @defaultValue false
   */
  readonly portMapping?: boolean;
  /** A node of the DHT, in which peers of torrents that are not private are looked for. @defaultValue none */
  readonly dht?: DhtOptions;
  /** @defaultValue a new one */
  readonly peerId?: PeerId;
}

/** The port that trackers are told of someone whom nobody can call: they want one, and nothing listens there. */
const NO_PORT = 1;

/** Memory for blocks on their way to peers, of all torrents, in bytes. */
const SEND_MEMORY_BYTES = 16 * 1024 * 1024;

/** A client's way to the network: the port, the limits, who we are. Begins to listen at once. */
export class ClientNetwork implements AsyncDisposable {
  readonly peerId: PeerId;
  readonly limits: ConnectionLimits;
  readonly reception: Reception;
  readonly dial: Dial;
  readonly localAddress: string | undefined;
  /** How fast all torrents together may send, and ask for. */
  readonly upload: RateTimer;
  readonly download: RateTimer;
  /** Memory for blocks on their way to peers. */
  readonly sendBuffers: SendBuffers = new SendBuffers(SEND_MEMORY_BYTES);
  /** Ways to find peers besides trackers; each is asked for every torrent that is not private. */
  readonly discoveries: readonly Discovery[];
  /** Told what happens that is no torrent's own. */
  readonly listeners: Set<(event: DownloadEvent) => void> = new Set();
  /** Resolves when peers can call. Rejects with a `PeerWireError`: `NOT_LISTENING`. */
  readonly ready: Promise<void>;
  readonly #options: ClientOptions;
  readonly #dht: DhtService | undefined;
  readonly #services: readonly (AsyncDisposable & { readonly discover: Discovery })[];
  #listener: TcpListener | undefined;
  #mapping: PortMapping | undefined;

  /** @throws {RangeError} if a limit is not a whole number of at least 1. */
  constructor(options: ClientOptions) {
    const { maxConnections, maxPerAddress, maxPerNetwork, port } = options;
    const counts = { maxConnections, maxPerAddress, maxPerNetwork, port };
    for (const [name, value] of Object.entries(counts)) requireCount(name, value);
    requireRates(options);
    this.#options = options;
    this.upload = new RateTimer(systemClock, options.uploadLimit);
    this.download = new RateTimer(systemClock, options.downloadLimit);
    this.peerId = options.peerId ?? newPeerId();
    this.localAddress = options.localAddress;
    this.limits = new ConnectionLimits(options);
    this.reception = new Reception({ clock: systemClock, limits: this.limits });
    this.dial = dialFrom(options.localAddress);
    const callablePort = (): number | undefined => this.port ?? options.port;
    const { dht, localAddress } = options;
    this.#dht = dht === undefined ? undefined : new DhtService({ ...dht, callablePort, localAddress });
    this.#services = this.#makeServices();
    this.discoveries = this.#services.map(({ discover }) => discover);
    this.ready = options.listen === false ? Promise.resolve() : this.#listen();
    // Each torrent waits for it, and there may be none.
    this.ready.catch(() => {});
  }

  /** The port that peers can call, once there is one. */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  /** The port that peers can call, here or by what the caller has done for it; `undefined` if they cannot. */
  get callablePort(): number | undefined {
    return this.#mapping?.externalPort ?? this.port ?? this.#options.port;
  }

  /** What peers and we tell each other of nodes of the DHT; `undefined` without a node. */
  get dhtContact(): DhtContact | undefined {
    return this.#dht?.contact;
  }

  /** The port that trackers, and whoever else is asked for peers, are told. */
  get announcedPort(): number {
    return this.callablePort ?? NO_PORT;
  }

  /** Changes what all torrents together may move, from now on. @throws {RangeError} if a rate is not more than 0. */
  setLimits(limits: RateLimits): void {
    requireRates(limits);
    const { uploadLimit, downloadLimit } = limits;
    if (uploadLimit !== undefined) this.upload.setRate(this.upload.limiter, uploadLimit);
    if (downloadLimit !== undefined) this.download.setRate(this.download.limiter, downloadLimit);
  }

  async close(): Promise<void> {
    this.upload.close();
    this.download.close();
    this.reception.close();
    await this.ready.catch(() => {});
    await Promise.all(this.#services.map(async (service) => service[Symbol.asyncDispose]()));
    await Promise.all([this.#listener?.close(), this.#mapping?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What finds peers for all torrents, of which nothing is open yet. */
  #makeServices(): (AsyncDisposable & { readonly discover: Discovery })[] {
    const { localDiscovery, listen, localAddress } = this.#options;
    const services: (AsyncDisposable & { readonly discover: Discovery })[] = [];
    if (this.#dht !== undefined) services.push(this.#dht);
    if (localDiscovery === true && listen !== false)
      services.push(new LocalService({ port: () => this.port, localAddress }));
    return services;
  }

  async #listen(): Promise<void> {
    const { port, localAddress } = this.#options;
    const options = {
      ...(port === undefined ? {} : { port }),
      ...(localAddress === undefined ? {} : { host: localAddress }),
    };
    this.#listener = await listenTcp(options, (arrival) => this.reception.receive(arrival));
    if (this.#options.portMapping === true) this.#mapPorts(this.#listener.port);
  }

  #mapPorts(port: number): void {
    const { localAddress, dht } = this.#options;
    // Loopback is behind no router, and an IPv6 address needs none.
    if (localAddress?.startsWith('127.') === true || localAddress?.includes(':') === true) return;
    const udpPort = dht === undefined ? undefined : (dht.port ?? port);
    const onEvent = (event: DownloadEvent): void => {
      // It is one thing that happened, however many torrents there are.
      const [listener] = this.listeners;
      listener?.(event);
    };
    this.#mapping = new PortMapping({ port, udpPort, localAddress, onEvent });
  }
}
