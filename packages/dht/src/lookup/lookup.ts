import type { Endpoint } from '../endpoint.ts';
import type { KrpcAnswer, KrpcQuery } from '../krpc/message.ts';
import type { Contact } from '../node-id.ts';
import type { Rpc } from '../traffic/rpc.ts';
import { type Candidate, Candidates } from './candidates.ts';

/** Queries under way at once, but for slow ones. Kademlia's alpha. */
const ALPHA = 3;
/** Queries under way at once, slow ones included. */
const MAX_PARALLEL = 8;
/** Closest nodes that must have answered. BEP 5's K. */
export const CLOSEST_COUNT = 8;
/** Queries of one lookup, whatever it is told. */
const MAX_QUERIES = 200;

/** Where a lookup has come to when nobody is left who could be closer. */
export interface LookupResult {
  /** Those closest to the target, of those that answered; closest first. */
  readonly closest: readonly FoundNode[];
  readonly queries: number;
  readonly answers: number;
  /** How many nodes lie between us and the closest one. */
  readonly hops: number;
}

export interface FoundNode extends Contact {
  readonly token: Uint8Array | undefined;
}

export interface LookupOptions {
  readonly target: Uint8Array;
  /** What is asked of each node. */
  readonly query: KrpcQuery;
  readonly rpc: Rpc;
  /** Nodes known before. */
  readonly contacts: readonly Contact[];
  /** Nodes of which only the address is known. */
  readonly endpoints?: readonly Endpoint[];
  /** Returns the nodes of an answer that are of the family of this lookup. */
  readonly nodesOf: (answer: KrpcAnswer) => readonly Contact[];
  readonly onAnswer?:
    | ((node: FoundNode, answer: KrpcAnswer, hops: number, nowMs: number) => void)
    | undefined;
  readonly onDone: (result: LookupResult, nowMs: number) => void;
}

/**
 * Asks nodes closer and closer to a target. It ends when the eight closest of all that it heard of, and that are there,
 * have answered.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, overview}
 */
export class Lookup {
  readonly #options: LookupOptions;
  readonly #candidates: Candidates;
  #unasked: Endpoint[];
  #underWay = 0;
  #slow = 0;
  #queries = 0;
  #answers = 0;
  #isOver = false;

  constructor(options: LookupOptions) {
    this.#options = options;
    this.#candidates = new Candidates(options.target);
    this.#unasked = [...(options.endpoints ?? [])];
    for (const contact of options.contacts) this.#candidates.name(contact);
  }

  /** Begins. If there is nobody to ask it is over before this returns. */
  start(nowMs: number): void {
    this.#advance(nowMs);
  }

  /** Ends it at once; nobody hears of it again. */
  cancel(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  #advance(nowMs: number): void {
    if (this.#isOver) return;
    let isComplete = true;
    while (this.#mayAsk() && this.#unasked.length > 0) {
      const endpoint = this.#unasked.shift();
      if (endpoint !== undefined) this.#ask(endpoint, nowMs);
    }
    let answered = 0;
    for (const candidate of this.#candidates) {
      if (answered === CLOSEST_COUNT) break;
      if (candidate.state === 'answered') answered += 1;
      else if (candidate.state === 'asked' || candidate.state === 'slow') isComplete = false;
      else if (candidate.state === 'known' && !this.#candidates.isDoubtful(candidate)) {
        if (this.#queries >= MAX_QUERIES) continue;
        isComplete = false;
        if (!this.#mayAsk()) break;
        this.#ask(candidate, nowMs);
      }
    }
    // Those of which only the address is known may know someone closer.
    const isWaiting =
      answered < CLOSEST_COUNT && (this.#underWay + this.#slow > 0 || this.#unasked.length > 0);
    if (!isComplete || isWaiting) return;
    const root = this.#candidates.isDiverse ? undefined : this.#candidates.nextRoot();
    if (root !== undefined && this.#mayAsk()) this.#ask(root, nowMs);
    else if (root === undefined || this.#underWay + this.#slow === 0) this.#finish(nowMs);
  }

  #mayAsk(): boolean {
    return (
      this.#underWay < ALPHA && this.#underWay + this.#slow < MAX_PARALLEL && this.#queries < MAX_QUERIES
    );
  }

  #ask(asked: Candidate | Endpoint, nowMs: number): void {
    const { rpc, query } = this.#options;
    this.#queries += 1;
    this.#underWay += 1;
    const candidate = 'state' in asked ? asked : undefined;
    if (candidate !== undefined) candidate.state = 'asked';
    let isSlow = false;
    const settle = (): void => {
      if (isSlow) this.#slow -= 1;
      else this.#underWay -= 1;
    };
    const handler = {
      onAnswer: (id: Uint8Array, answer: KrpcAnswer, atMs: number): void => {
        settle();
        this.#heard(asked, id, answer, atMs);
      },
      onFailure: (atMs: number): void => {
        settle();
        if (candidate !== undefined) this.#candidates.failed(candidate);
        this.#advance(atMs);
      },
      onSlow: (atMs: number): void => {
        isSlow = true;
        this.#underWay -= 1;
        this.#slow += 1;
        if (candidate !== undefined) candidate.state = 'slow';
        this.#advance(atMs);
      },
    };
    rpc.query('state' in asked ? asked.endpoint : asked, query, handler, nowMs);
  }

  #heard(asked: Candidate | Endpoint, id: Uint8Array, answer: KrpcAnswer, nowMs: number): void {
    if (this.#isOver) return;
    const candidate = this.#candidates.answered(asked, id, answer.token);
    if (candidate !== undefined) {
      this.#answers += 1;
      for (const contact of this.#options.nodesOf(answer)) this.#candidates.name(contact, candidate);
      this.#options.onAnswer?.(candidate, answer, candidate.hops, nowMs);
    }
    this.#advance(nowMs);
  }

  #finish(nowMs: number): void {
    this.#isOver = true;
    const closest: Candidate[] = [];
    for (const candidate of this.#candidates) {
      if (candidate.state === 'answered' && closest.length < CLOSEST_COUNT) closest.push(candidate);
    }
    const result = { closest, queries: this.#queries, answers: this.#answers, hops: closest[0]?.hops ?? 0 };
    this.#options.onDone(result, nowMs);
  }
}
