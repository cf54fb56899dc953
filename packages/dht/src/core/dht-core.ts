import { type Endpoint, type Family, isReachable } from '../endpoint.ts';
import { sameBytes } from '../bytes.ts';
import { verifyByWebCrypto } from '../item/ed25519.ts';
import { readMessage } from '../krpc/decode.ts';
import type { KrpcAnswer, KrpcMessage, KrpcQuery } from '../krpc/message.ts';
import { CLOSEST_COUNT, Lookup } from '../lookup/lookup.ts';
import { checkId, type Contact, ID_LENGTH, type RandomBytes } from '../node-id.ts';
import { isSecureId, secureId } from '../secure-id.ts';
import { ItemStore } from '../store/item-store.ts';
import { PeerStore } from '../store/peer-store.ts';
import { RoutingTable } from '../table/routing-table.ts';
import type { TableNode } from '../table/table-node.ts';
import { ByteBudget } from '../traffic/byte-budget.ts';
import { HostLedger } from '../traffic/host-ledger.ts';
import { type Refusal, Rpc } from '../traffic/rpc.ts';
import { AddressVote } from './address-vote.ts';
import type { DhtCoreOptions, Relatives } from './options.ts';
import { QueryAnswerer } from './query-answerer.ts';
import type { Outcome, Searcher, SearchHooks } from './search.ts';
import type { CoreStatistics } from './statistics.ts';
import { FEW_NODES, Upkeep } from './upkeep.ts';

const DEFAULT_BYTES_PER_SECOND = 8000;
const DEFAULT_PACKETS_PER_HOST = 50;
const DEFAULT_PACKETS_PER_SECOND = 1000;
/** Nodes that asked something and are pinged at once, to see whether they belong into the table. */
const MAX_PROBES = 8;

/**
 * A node of the DHT without a socket, a clock or randomness of its own. Packets and the time go in; packets go to `send`,
 * and what was asked for goes to whoever asked.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5}
 */
export class DhtCore implements Searcher {
  readonly family: Family;
  readonly peers: PeerStore;
  readonly items: ItemStore;
  readonly #random: RandomBytes;
  readonly #rpc: Rpc;
  readonly #incoming: HostLedger;
  readonly #answerer: QueryAnswerer;
  readonly #vote = new AddressVote();
  readonly #upkeep: Upkeep;
  readonly #relatives: Relatives | undefined;
  readonly #onEvent: DhtCoreOptions['onEvent'];
  readonly #packetBudget: ByteBudget;
  readonly #counts = {
    packetsReceived: 0,
    packetsMalformed: 0,
    packetsUnexpected: 0,
    packetsRefused: 0,
    packetsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
  };
  #id: Uint8Array;
  #table: RoutingTable;
  #externalIp: Uint8Array | undefined;
  #nowMs: number;
  #probes = 0;

  /** @throws {RangeError} if the id is not 20 bytes long. */
  constructor(options: DhtCoreOptions) {
    const { family, nowMs, random, externalIp, limits = {}, isReadOnly = false } = options;
    const { bytesPerSecond = DEFAULT_BYTES_PER_SECOND, packetsPerHost = DEFAULT_PACKETS_PER_HOST } = limits;
    this.family = family;
    this.peers = options.peers ?? new PeerStore();
    this.items = options.items ?? new ItemStore();
    this.#random = random;
    this.#relatives = options.relatives;
    this.#onEvent = options.onEvent;
    this.#externalIp = externalIp;
    this.#nowMs = nowMs;
    this.#id =
      options.id ??
      (externalIp === undefined ? Uint8Array.from(random(ID_LENGTH)) : secureId(externalIp, random));
    checkId(this.#id, 'a node id');
    this.#table = new RoutingTable(this.#id, nowMs);
    this.#upkeep = new Upkeep({
      nowMs,
      random,
      table: () => this.#table,
      id: () => this.#id,
      find: (target, onDone, atMs) => this.lookup(target, { method: 'find_node', target }, { onDone }, atMs),
    });
    this.#incoming = new HostLedger(packetsPerHost);
    // One packet is one byte of this budget.
    this.#packetBudget = new ByteBudget(limits.packetsPerSecond ?? DEFAULT_PACKETS_PER_SECOND, nowMs);
    const budget = new ByteBudget(bytesPerSecond, nowMs);
    const send = (packet: Uint8Array, to: Endpoint): void => {
      this.#counts.packetsSent += 1;
      this.#counts.bytesSent += packet.length;
      options.send(packet, to);
    };
    this.#rpc = new Rpc({
      random,
      send,
      budget,
      ledger: new HostLedger(packetsPerHost),
      id: () => this.#id,
      isReadOnly,
      onTimeout: (to, atMs) => this.#table.failed(to, atMs),
    });
    this.#answerer = new QueryAnswerer({
      family,
      nowMs,
      random,
      send,
      budget,
      ledger: this.#incoming,
      id: () => this.#id,
      now: () => this.#nowMs,
      isReadOnly,
      peers: this.peers,
      items: this.items,
      verify: options.verify ?? verifyByWebCrypto,
      closest: (wanted, target, atMs) =>
        wanted === family
          ? this.goodNodes(target, atMs)
          : (this.#relatives?.closest(wanted, target, atMs) ?? []),
    });
  }

  /** 20 bytes; it changes when the world sees the node at an address that it does not belong to. */
  get id(): Uint8Array {
    return this.#id;
  }

  /** 4 or 16 bytes: where others agree to see this node. */
  get externalIp(): Uint8Array | undefined {
    return this.#externalIp;
  }

  /** Takes a packet. It is only read during the call. */
  receive(packet: Uint8Array, from: Endpoint, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#counts.packetsReceived += 1;
    this.#counts.bytesReceived += packet.length;
    if (!this.#packetBudget.take(1, nowMs) || !this.#incoming.admit(from.ip, packet.length, nowMs)) {
      this.#counts.packetsRefused += 1;
      return;
    }
    const message = isReachable(from) ? readMessage(packet) : 'UNKNOWN_TYPE';
    if (typeof message === 'string') {
      this.#counts.packetsMalformed += 1;
      return;
    }
    switch (message.type) {
      case 'query':
        this.#meet(message, from, nowMs, this.#answerer.answer(message, from, nowMs));
        break;
      case 'invalidQuery':
        this.#counts.packetsMalformed += 1;
        this.#answerer.refuse(message, from, nowMs);
        break;
      case 'answer':
      case 'error':
        this.#heard(message, from, nowMs);
        break;
      default:
        message satisfies never;
    }
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#rpc.tick(nowMs);
    if (nowMs < this.#upkeep.dueMs) return;
    this.peers.sweep(nowMs);
    this.items.sweep(nowMs);
    this.#upkeep.tick(nowMs);
  }

  /** When `tick` wants to be called. */
  get deadlineMs(): number {
    return Math.min(this.#rpc.deadlineMs, this.#upkeep.dueMs);
  }

  /** Puts nodes of an earlier run into the table. */
  restore(contacts: Iterable<Contact>): void {
    for (const contact of contacts) {
      if (contact.endpoint.ip.length === (this.family === 4 ? 4 : 16)) this.#table.restore(contact);
    }
  }

  /** Puts a node into the table that is known to be there: for simulations, which cannot wait until all have met. */
  introduce(contact: Contact, nowMs: number): void {
    this.#table.answered(contact, nowMs);
  }

  /**
   * Joins: looks for the nodes closest to the own id.
   *
   * @param entryPoints Where to begin; asked again whenever nobody is known any more.
   * @param routers Those of them that serve to begin only, and are not put into the table.
   */
  join(
    entryPoints: readonly Endpoint[],
    routers: readonly Endpoint[],
    onDone: (nodes: number) => void,
    nowMs: number,
  ): void {
    this.#upkeep.join(entryPoints, routers, () => onDone(this.#table.size), nowMs);
  }

  /** Someone is said to be a node at an endpoint; if it answers, it comes into the table. */
  probe(
    endpoint: Endpoint,
    nowMs: number,
    onEnd: (outcome: Outcome, nowMs: number) => void = () => {},
  ): void {
    this.ask(endpoint, { method: 'ping' }, onEnd, nowMs);
  }

  lookup(target: Uint8Array, query: KrpcQuery, hooks: SearchHooks, nowMs: number): Lookup {
    const contacts = this.#table.closest(target, 2 * CLOSEST_COUNT, nowMs);
    const lookup = new Lookup({
      target,
      query: this.#wanting(query),
      rpc: this.#rpc,
      contacts,
      endpoints: contacts.length < FEW_NODES ? this.#upkeep.entryPoints : [],
      nodesOf: (answer) => this.#others(this.family === 4 ? answer.nodes : answer.nodes6),
      ...hooks,
    });
    lookup.start(nowMs);
    return lookup;
  }

  ask(to: Endpoint, query: KrpcQuery, onEnd: (outcome: Outcome, nowMs: number) => void, nowMs: number): void {
    const handler = {
      onAnswer: (id: Uint8Array, answer: KrpcAnswer, atMs: number): void => onEnd({ id, answer }, atMs),
      onFailure: (atMs: number, refusal?: Refusal): void => onEnd(refusal, atMs),
    };
    this.#rpc.query(to, query, handler, nowMs);
  }

  /** Returns good nodes near a target, closest first, at most eight. */
  goodNodes(target: Uint8Array, nowMs: number): readonly Contact[] {
    const isNamed = (node: TableNode): boolean => node.hasAnswered && node.status(nowMs) !== 'bad';
    return this.#table.closest(target, CLOSEST_COUNT, nowMs, isNamed);
  }

  /** Returns the nodes of the table that have answered, to be restored another time. */
  contacts(): Contact[] {
    return [...this.#table.nodes()]
      .filter((node) => node.hasAnswered)
      .map(({ id, endpoint }) => ({ id, endpoint }));
  }

  get nodeCount(): number {
    return this.#table.size;
  }

  statistics(nowMs: number): CoreStatistics {
    return {
      ...this.#counts,
      ...this.#answerer.counts,
      table: this.#table.statistics(nowMs),
      queriesSent: this.#rpc.sentCount,
    };
  }

  #heard(message: Extract<KrpcMessage, { type: 'answer' | 'error' }>, from: Endpoint, nowMs: number): void {
    const handler = this.#rpc.takeHandler(message.transactionId, from);
    if (handler === undefined) {
      this.#counts.packetsUnexpected += 1;
      return;
    }
    this.#incoming.prove(from.ip, nowMs);
    if (message.seenAs !== undefined) this.#countVote(from, message.seenAs, nowMs);
    if (message.type === 'error') {
      handler.onFailure(nowMs, message);
      return;
    }
    const { id, answer } = message;
    if (!this.#upkeep.isRouter(from)) this.#insert({ id, endpoint: from }, nowMs);
    const foreign = this.family === 4 ? answer.nodes6 : answer.nodes;
    if (foreign !== undefined) this.#relatives?.named(this.family === 4 ? 6 : 4, foreign, nowMs);
    handler.onAnswer(id, answer, nowMs);
  }

  #insert(contact: Contact, nowMs: number): void {
    const doubtful = this.#table.answered(contact, nowMs);
    if (doubtful !== undefined && this.#probes < MAX_PROBES) this.#ping(doubtful.endpoint, nowMs);
  }

  /** Someone asked us something. It may be worth a place in the table, or a longer answer: it has them when it answers. */
  #meet(
    { id, isReadOnly }: Extract<KrpcMessage, { type: 'query' }>,
    from: Endpoint,
    nowMs: number,
    mustAnswer: boolean,
  ): void {
    if (isReadOnly) return;
    const contact = { id, endpoint: from };
    this.#table.askedUs(contact, nowMs);
    if (this.#probes >= MAX_PROBES || !(mustAnswer || this.#table.wants(contact, nowMs))) return;
    // A ping is a packet to an address that may be forged, like any answer.
    if (this.#answerer.mayPing(from, nowMs)) this.#ping(from, nowMs);
  }

  #ping(endpoint: Endpoint, nowMs: number): void {
    this.#probes += 1;
    this.probe(endpoint, nowMs, () => {
      this.#probes -= 1;
    });
  }

  #countVote(voter: Endpoint, seenAs: Endpoint, nowMs: number): void {
    const ip = this.#vote.count(voter, seenAs);
    if (ip === undefined || (this.#externalIp !== undefined && sameBytes(ip, this.#externalIp))) return;
    this.#externalIp = ip;
    this.#onEvent?.({ type: 'addressLearned', ip });
    if (isSecureId(this.#id, ip)) return;
    this.#id = secureId(ip, this.#random);
    const nodes = [...this.#table.nodes()];
    this.#table = new RoutingTable(this.#id, nowMs);
    for (const node of nodes) this.#table.adopt(node);
    this.#onEvent?.({ type: 'idChanged', id: this.#id });
    this.#upkeep.lookUpSelf(nowMs);
  }

  /** BEP 32: while the other family looks for nodes, those of this one are asked for them, too. */
  #wanting(query: KrpcQuery): KrpcQuery {
    const other = this.family === 4 ? 6 : 4;
    return 'target' in query && query.method === 'find_node' && this.#relatives?.wants(other) === true
      ? { ...query, want: [4, 6] }
      : query;
  }

  #others(contacts: readonly Contact[] = []): readonly Contact[] {
    return contacts.filter(({ id }) => !sameBytes(id, this.#id));
  }
}
