import { digestSha1 } from '#sha1';
import { BloomFilter } from '../bloom-filter.ts';
import type { Endpoint } from '../endpoint.ts';
import type { FoundNode, Lookup, LookupResult } from '../lookup/lookup.ts';
import type { KrpcAnswer, KrpcItem, KrpcQuery } from '../krpc/message.ts';
import type { Refusal } from '../traffic/rpc.ts';

/** What became of a question to one node: its answer, its refusal, or nothing in time. */
export type Outcome = { readonly id: Uint8Array; readonly answer: KrpcAnswer } | Refusal | undefined;

/** What the searches below need of a node. */
export interface Searcher {
  /** Starts a lookup of nodes near `target`, each of which is asked `query`. */
  lookup(target: Uint8Array, query: KrpcQuery, hooks: SearchHooks, nowMs: number): Lookup;
  /** Asks one node. */
  ask(to: Endpoint, query: KrpcQuery, onEnd: (outcome: Outcome, nowMs: number) => void, nowMs: number): void;
}

export interface SearchHooks {
  readonly onAnswer?: (node: FoundNode, answer: KrpcAnswer, hops: number, nowMs: number) => void;
  readonly onDone: (result: LookupResult, nowMs: number) => void;
}

/** How a store ended. */
export interface StoreResult extends LookupResult {
  /** Nodes that were asked to store. */
  readonly asked: number;
  /** Nodes that said they did. */
  readonly stored: number;
  /** Codes of those that said they did not. */
  readonly refusals: readonly number[];
}

export interface PeerSearch {
  readonly infoHash: Uint8Array;
  readonly noSeed?: boolean;
  readonly scrape?: boolean;
  /** Hears of each answer, and how many nodes lie between. */
  readonly onAnswer: (node: FoundNode, answer: KrpcAnswer, hops: number) => void;
  readonly onDone: (result: LookupResult, nowMs: number) => void;
}

/** Looks for peers of a torrent. */
export function searchPeers(searcher: Searcher, search: PeerSearch, nowMs: number): Lookup {
  const { infoHash, noSeed = false, scrape = false, onAnswer, onDone } = search;
  return searcher.lookup(
    infoHash,
    { method: 'get_peers', infoHash, noSeed, scrape },
    { onAnswer, onDone },
    nowMs,
  );
}

/** Has each of the nodes that gave a token store something; says what became of it when all have answered or failed. */
export function storeOn(
  searcher: Searcher,
  result: LookupResult,
  queryFor: (node: FoundNode, token: Uint8Array) => KrpcQuery,
  onDone: (result: StoreResult, nowMs: number) => void,
  nowMs: number,
): void {
  const refusals: number[] = [];
  let asked = 0;
  let stored = 0;
  let waiting = 0;
  for (const node of result.closest) {
    const { token } = node;
    if (token === undefined) continue;
    asked += 1;
    waiting += 1;
    searcher.ask(
      node.endpoint,
      queryFor(node, token),
      (outcome, atMs) => {
        if (outcome !== undefined && 'errorCode' in outcome) refusals.push(outcome.errorCode);
        else if (outcome !== undefined) stored += 1;
        waiting -= 1;
        if (waiting === 0) onDone({ ...result, asked, stored, refusals }, atMs);
      },
      nowMs,
    );
  }
  if (waiting === 0) onDone({ ...result, asked, stored, refusals }, nowMs);
}

/** Counts of a torrent, estimated from the filters of several nodes. BEP 33 */
export class ScrapeCount {
  readonly #seeds = new BloomFilter();
  readonly #peers = new BloomFilter();
  /** Peers of nodes that do not count: whether they are seeds is not known. */
  readonly #others: Endpoint[] = [];

  add({ seedFilter, peerFilter, values = [] }: KrpcAnswer): void {
    if (seedFilter !== undefined) this.#seeds.unite(seedFilter);
    if (peerFilter !== undefined) this.#peers.unite(peerFilter);
    if (seedFilter === undefined && peerFilter === undefined) this.#others.push(...values);
  }

  result(): { readonly seeds: number; readonly peers: number } {
    // BEP 33: what others name counts as peers, unless someone knows them as seeds.
    for (const { ip } of this.#others) if (!this.#seeds.has(ip)) this.#peers.insert(ip);
    return { seeds: Math.round(this.#seeds.estimate()), peers: Math.round(this.#peers.estimate()) };
  }
}

/** Looks for the value of a target. `isRight` is not asked of values without a signature: their hash says it. */
export function searchItem(
  searcher: Searcher,
  target: Uint8Array,
  onItem: (item: KrpcItem, node: FoundNode) => void,
  onDone: (result: LookupResult, nowMs: number) => void,
  nowMs: number,
): Lookup {
  return searcher.lookup(
    target,
    { method: 'get', target },
    {
      onAnswer: (node, { item }) => {
        if (item !== undefined) onItem(item, node);
      },
      onDone,
    },
    nowMs,
  );
}

/** Tells whether a value without a signature is that of a target. */
export function isImmutableOf(target: Uint8Array, { value }: KrpcItem): boolean {
  return digestSha1(value).every((byte, at) => byte === target[at]);
}
