import type { Encodable } from '@millrace/bencode';
import { ScrapeCount, type StoreResult } from '../core/search.ts';
import { DhtError } from '../error.ts';
import { immutableTarget } from '../item/signing.ts';
import type { LookupResult } from '../lookup/lookup.ts';
import { checkId, ID_LENGTH } from '../node-id.ts';
import { encodeState } from '../state.ts';
import { ItemStore } from '../store/item-store.ts';
import { PeerStore } from '../store/peer-store.ts';
import { checkPort, type NodeAddress } from './address.ts';
import { Channel } from './channel.ts';
import { noNodes, type Stored, storedOn } from './failure.ts';
import {
  type DhtItem,
  encodeValue,
  getFromAny,
  type MutableName,
  type MutablePut,
  putImmutable,
  putMutable,
  targetOfName,
} from './item-search.ts';
import { Members } from './members.ts';
import type { AnnounceOptions, DhtNodeOptions, GetPeersOptions, SearchOptions } from './options.ts';
import { announceFrom, lookUpPeers, PeerCollector } from './peer-search.ts';
import { pingNode, type Pong } from './ping.ts';
import { randomBytes } from './random.ts';
import { type Sample, sampleAlong, sampleOne } from './sample-search.ts';
import { type DhtStatistics, statisticsOf } from './statistics.ts';

export interface PutResult extends Stored {
  /** 20 bytes: what to look for it by. */
  readonly target: Uint8Array;
  /** Of a mutable value. */
  readonly sequence: bigint | undefined;
}

/**
 * A node of the DHT: finds peers of torrents and announces ours, stores and finds values, and answers others. It is two
 * nodes where there is IPv6, one in each DHT (BEP 32), and one more for each further address it is given (BEP 45).
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5}
 */
export class DhtNode implements AsyncDisposable {
  readonly #members: Members;
  readonly #peers: PeerStore;
  readonly #items: ItemStore;
  readonly #closing = new AbortController();

  /**
   * Opens the sockets and starts to join.
   *
   * @throws {DhtError} `CANNOT_LISTEN` if an address or the port is not to be had, `INVALID_STATE` if `state` is damaged.
   */
  static async create(options: DhtNodeOptions = {}): Promise<DhtNode> {
    const peers = new PeerStore(options.limits?.peers);
    const items = new ItemStore(options.limits?.items);
    return new DhtNode(await Members.open(options, peers, items), peers, items);
  }

  private constructor(members: Members, peers: PeerStore, items: ItemStore) {
    this.#members = members;
    this.#peers = peers;
    this.#items = items;
  }

  /** Resolves once it has looked for the nodes closest to it; it can be used before. Never rejects. */
  get ready(): Promise<void> {
    return this.#members.joined;
  }

  /** Where it listens. */
  get addresses(): NodeAddress[] {
    return this.#members.list.map(({ port }) => port.address);
  }

  /** Its UDP port, that of the first address: the one to tell peers. */
  get port(): number {
    return this.#members.list[0]?.port.address.port ?? 0;
  }

  /**
   * Looks for peers of a torrent, and yields each once, as it is named. Nobody vouches for them.
   *
   * @param infoHash 20 bytes.
   * @throws {DhtError} `NO_NODES` if not one node answered.
   */
  getPeers(infoHash: Uint8Array, options: GetPeersOptions = {}): AsyncGenerator<NodeAddress, void, void> {
    checkId(infoHash, 'an info hash');
    const { noSeed, signal } = options;
    return this.#stream<NodeAddress>(signal, (until, onPeer) => {
      const collector = new PeerCollector(onPeer);
      return this.#members.eachFamily(until, (member) =>
        lookUpPeers(member, { infoHash, noSeed, signal: until }, collector),
      );
    });
  }

  /**
   * Tells the nodes closest to a torrent, of both families and from each address, that we are a peer of it. They forget it
   * after half an hour or so.
   *
   * @param infoHash 20 bytes.
   * @throws {DhtError} `NO_NODES` if nobody answered, `NOT_STORED` if nobody took it.
   */
  async announce(infoHash: Uint8Array, options: AnnounceOptions): Promise<Stored> {
    const { port, impliedPort = false, seed = false, onPeer } = options;
    checkId(infoHash, 'an info hash');
    checkPort(port);
    const signal = this.#until(options.signal);
    await this.#members.prepare(signal);
    const collector = new PeerCollector(onPeer);
    const announced = { infoHash, port, impliedPort, seed, signal };
    const results = await Promise.all(
      ([4, 6] as const).map(async (family) => {
        const outcomes: StoreResult[] = [];
        // BEP 45: one address after the other, so that nobody is asked the same from all of them at once.
        for (const member of this.#members.of(family)) {
          outcomes.push(await announceFrom(member, announced, collector));
        }
        return outcomes;
      }),
    );
    return storedOn(results.flat());
  }

  /** Estimates how many seeds and other peers a torrent has (BEP 33). @throws {DhtError} `NO_NODES` if nobody answered. */
  async scrape(
    infoHash: Uint8Array,
    options: SearchOptions = {},
  ): Promise<{ readonly seeds: number; readonly peers: number }> {
    checkId(infoHash, 'an info hash');
    const count = new ScrapeCount();
    const signal = this.#until(options.signal);
    const error = noNodes(
      await this.#members.eachFamily(signal, (member) =>
        lookUpPeers(member, { infoHash, count, signal }, new PeerCollector()),
      ),
    );
    if (error !== undefined) throw error;
    return count.result();
  }

  /**
   * Looks for a value: by its target, or by the key of its owner (BEP 44). Of a mutable one, the newest that is found is
   * returned.
   *
   * @returns `undefined` if nobody has it.
   * @throws {DhtError} `NO_NODES` if nobody answered.
   */
  async get(name: Uint8Array | MutableName, options: SearchOptions = {}): Promise<DhtItem | undefined> {
    const target = targetOfName(name);
    return getFromAny(this.#members, target, name, this.#until(options.signal));
  }

  /**
   * Stores a value of at most 1000 bytes, bencoded (BEP 44). Without a key it can be found by its hash and never changed.
   * Others forget it after two hours.
   *
   * @throws {DhtError} `NO_NODES`, `NOT_STORED`, or `CONFLICT` if it was to replace another one than is there.
   */
  async put(
    item: { readonly value: Encodable } | MutablePut,
    options: SearchOptions = {},
  ): Promise<PutResult> {
    const encoded = encodeValue(item.value);
    const signal = this.#until(options.signal);
    if ('key' in item) {
      const { key, salt = new Uint8Array() } = item;
      const target = targetOfName({ publicKey: key.publicKey, salt });
      const { results, sequence } = await putMutable(this.#members, item, encoded, signal);
      return { ...storedOn(results), target, sequence };
    }
    const results = await this.#members.eachFamily(signal, (member) => putImmutable(member, encoded, signal));
    return { ...storedOn(results), target: immutableTarget(encoded), sequence: undefined };
  }

  /**
   * Asks the nodes on the way to a target which info hashes they know (BEP 51), and yields what each answers.
   *
   * @param target 20 bytes. @defaultValue one that is drawn
   * @throws {DhtError} `NO_NODES` if nobody answered.
   */
  sample(
    target: Uint8Array = randomBytes(ID_LENGTH),
    options: SearchOptions = {},
  ): AsyncGenerator<Sample, void, void> {
    checkId(target, 'a target');
    return this.#stream<Sample>(options.signal, (until, onSample) =>
      this.#members.eachFamily(until, (member) => sampleAlong(member, target, until, onSample)),
    );
  }

  /** Asks one node which info hashes it knows. @throws {DhtError} `TIMED_OUT`, `REFUSED`, `NOT_RESOLVED` */
  async sampleFrom(address: NodeAddress, options: SearchOptions = {}): Promise<Sample> {
    const { member, endpoint } = await this.#members.reach(address);
    return sampleOne(member, endpoint, this.#until(options.signal));
  }

  /** Asks a node whether it is there. @throws {DhtError} `TIMED_OUT`, `REFUSED`, `NOT_RESOLVED` */
  async ping(address: NodeAddress, options: SearchOptions = {}): Promise<Pong> {
    const { member, endpoint } = await this.#members.reach(address);
    return pingNode(member, endpoint, this.#until(options.signal));
  }

  /**
   * Someone is said to be a node there: a peer's `port` message, a torrent's `nodes`. If it answers, it comes into the
   * table; nobody hears of it if not.
   *
   * @throws {RangeError} if the port is not 1 to 65535.
   */
  addNode(address: NodeAddress): void {
    checkPort(address.port);
    void this.#members.reach(address).then(
      ({ member, endpoint }) => member.run((core, nowMs) => core.probe(endpoint, nowMs)),
      () => {},
    );
  }

  /** Returns its ids and the nodes it knows, for `state` of a later run. */
  exportState(): Uint8Array {
    return encodeState(
      this.#members.list.map(({ core }) => ({ family: core.family, id: core.id, contacts: core.contacts() })),
    );
  }

  statistics(): DhtStatistics {
    return {
      members: this.#members.list.map(statisticsOf),
      storedHashes: this.#peers.hashCount,
      storedPeers: this.#peers.peerCount,
      storedItems: this.#items.size,
    };
  }

  /** Ends every search with `CLOSED`, and closes the sockets. */
  async close(): Promise<void> {
    this.#closing.abort(new DhtError({ code: 'CLOSED' }));
    await this.#members.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Aborts when the caller wants, or the node is closed. */
  #until(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...signals.filter((signal) => signal !== undefined)]);
  }

  /** Yields what a search finds, while it goes on; it ends when nobody reads any more. */
  async *#stream<T>(
    signal: AbortSignal | undefined,
    search: (until: AbortSignal, onFound: (item: T) => void) => Promise<LookupResult[]>,
  ): AsyncGenerator<T, void, void> {
    const stop = new AbortController();
    const channel = new Channel<T>();
    search(this.#until(signal, stop.signal), (item) => channel.push(item)).then(
      (results) => channel.end(noNodes(results)),
      (error: unknown) => channel.end(error),
    );
    try {
      yield* channel.read();
    } finally {
      stop.abort();
    }
  }
}
