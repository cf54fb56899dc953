import { sameBytes } from '../bytes.ts';
import { type Endpoint, hostKey, isLocalIp, networkKey, sameEndpoint } from '../endpoint.ts';
import { compareDistance, type Contact } from '../node-id.ts';
import { isSecureId } from '../secure-id.ts';

/** A node that a lookup knows of. */
export interface Candidate extends Contact {
  state: 'known' | 'asked' | 'slow' | 'answered' | 'failed';
  /** Nodes in between: 0 for one that was known before, one more for those it named. */
  readonly hops: number;
  /** The bit of a node that was known before; 0 of others. */
  readonly rootBit: number;
  /** Bits of those through which it was heard of, its own included. */
  roots: number;
  /** The one that named it, until another does, too. */
  source: Candidate | undefined;
  /** Of the nodes that it alone named, how many did not answer, and whether any did. */
  deadNames: number;
  hasGoodNames: boolean;
  token: Uint8Array | undefined;
}

/** Candidates kept: those farthest from the target go. */
const MAX_CANDIDATES = 200;
/** Candidates of one network: the nodes closest to a target are to be of several parties. */
const MAX_PER_NETWORK = 2;
/** A node that names so many that are not there, and none that is, is believed no more. */
const MAX_DEAD_NAMES = 3;
/** Nodes known before that must have led to others. */
const MIN_ROOTS = 3;

/** The nodes that a lookup knows of, closest first. No two share an address, no three a network. */
export class Candidates {
  readonly #target: Uint8Array;
  readonly #list: Candidate[] = [];
  #rootCount = 0;
  /** Those through which nodes were heard of that have answered, a bit each. */
  #usefulRoots = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  [Symbol.iterator](): IterableIterator<Candidate> {
    return this.#list.values();
  }

  /** Adds a node that `source` named. One whose id does not belong to its address is left out. */
  name({ id, endpoint }: Contact, source?: Candidate): void {
    if (!isSecureId(id, endpoint.ip)) return;
    // Nobody far away can know who is here; whoever says so wants us to send packets to them.
    if (source !== undefined && isLocalIp(endpoint.ip) && !isLocalIp(source.endpoint.ip)) return;
    const known = this.#list.find((each) => sameBytes(each.id, id) && sameEndpoint(each.endpoint, endpoint));
    if (known !== undefined) {
      if (source !== known.source) known.source = undefined;
      known.roots |= source?.roots ?? 0;
      if (known.state === 'answered') this.#credit(known);
      return;
    }
    if (!this.#hasRoomFor(endpoint)) return;
    const rootBit = source === undefined ? 1 << this.#rootCount : 0;
    if (source === undefined) this.#rootCount += 1;
    this.#insert({
      id,
      endpoint,
      state: 'known',
      hops: source === undefined ? 0 : source.hops + 1,
      rootBit,
      roots: source === undefined ? rootBit : source.roots,
      source,
      deadNames: 0,
      hasGoodNames: false,
      token: undefined,
    });
  }

  /**
   * Notes an answer of a candidate, or of someone who was asked without an id being known.
   *
   * @returns Who answered, with the id that it really has; `undefined` for a candidate whose id does not belong to it.
   */
  answered(
    asked: Candidate | Endpoint,
    id: Uint8Array,
    token: Uint8Array | undefined,
  ): Candidate | undefined {
    if (!('state' in asked)) return this.#met(asked, id, token, 0);
    if (sameBytes(asked.id, id)) {
      asked.state = 'answered';
      asked.token = token;
      if (asked.source !== undefined) asked.source.hasGoodNames = true;
      this.#credit(asked);
      return asked;
    }
    // It was named with an id that is not its own: whoever did so may want it kept out.
    this.failed(asked);
    return isSecureId(id, asked.endpoint.ip) ? this.#met(asked.endpoint, id, token, asked.hops) : undefined;
  }

  failed(candidate: Candidate): void {
    candidate.state = 'failed';
    this.#blame(candidate);
  }

  /**
   * Tells whether enough of the nodes that were known before have led somewhere. What one alone leads to may be a place that
   * it made up, with nodes of its own all around the target.
   */
  get isDiverse(): boolean {
    let count = 0;
    for (let rest = this.#usefulRoots; rest !== 0; rest &= rest - 1) count += 1;
    return count >= MIN_ROOTS;
  }

  /** The closest of the nodes known before that was not asked yet. */
  nextRoot(): Candidate | undefined {
    return this.#list.find(
      ({ state, hops, source }) => state === 'known' && hops === 0 && source === undefined,
    );
  }

  /** Tells whether a candidate is known only from one whose word has turned out to be worth nothing. */
  isDoubtful({ source }: Candidate): boolean {
    return source !== undefined && !source.hasGoodNames && source.deadNames >= MAX_DEAD_NAMES;
  }

  /**
   * Adds one whose id is known only now that it answers. Whoever we begin with may be a router whose id does not belong to its
   * address: what it names counts, itself does not.
   */
  #met(endpoint: Endpoint, id: Uint8Array, token: Uint8Array | undefined, hops: number): Candidate {
    const known = this.#list.find((each) => sameEndpoint(each.endpoint, endpoint) && each.state !== 'failed');
    if (known !== undefined) return known;
    const origin = { rootBit: 0, roots: 0, source: undefined, deadNames: 0, hasGoodNames: false };
    const candidate: Candidate = { id, endpoint, state: 'answered', hops, token, ...origin };
    if (isSecureId(id, endpoint.ip)) this.#insert(candidate);
    return candidate;
  }

  /** What led to a node that answers has led somewhere; that the node itself was known before says nothing. */
  #credit({ roots, rootBit }: Candidate): void {
    this.#usefulRoots |= roots & ~rootBit;
  }

  #blame({ source }: Candidate): void {
    if (source !== undefined) source.deadNames += 1;
  }

  #hasRoomFor(endpoint: Endpoint): boolean {
    const isLocal = isLocalIp(endpoint.ip);
    const host = hostKey(endpoint.ip);
    const network = networkKey(endpoint.ip);
    let neighbours = 0;
    for (const each of this.#list) {
      // The place of one that is not there is free again.
      if (each.state === 'failed') continue;
      if (sameEndpoint(each.endpoint, endpoint)) return false;
      if (isLocal) continue;
      if (hostKey(each.endpoint.ip) === host) return false;
      if (networkKey(each.endpoint.ip) === network) neighbours += 1;
    }
    return neighbours < MAX_PER_NETWORK;
  }

  #insert(candidate: Candidate): void {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#list[middle];
      if (other !== undefined && compareDistance(this.#target, other.id, candidate.id) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#list.splice(low, 0, candidate);
    if (this.#list.length > MAX_CANDIDATES) this.#list.pop();
  }
}
