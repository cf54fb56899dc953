import { type Endpoint, hostKey, isLocalIp, sameEndpoint } from '../endpoint.ts';
import { sameBytes } from '../bytes.ts';
import { commonPrefix, compareDistance, type Contact, randomIdNear, type RandomBytes } from '../node-id.ts';
import { isSecureId } from '../secure-id.ts';
import { Bucket } from './bucket.ts';
import { GOOD_MS, TableNode } from './table-node.ts';

/** Ids have no more bits. */
const MAX_BUCKETS = 160;

/** Counts of the nodes in a table, by their state. */
export interface TableStatistics {
  readonly good: number;
  readonly questionable: number;
  readonly bad: number;
  readonly buckets: number;
}

/**
 * The nodes one knows: many near the own id, few far away. Bucket `n` has nodes whose ids begin with exactly `n` bits of
 * the own one; the last, which alone is ever split, has all that share more.
 *
 * Every node in it has answered at the address it is named with (or is restored from when it had), has an id that belongs
 * to that address, and shares it with no other.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, routing table}
 */
export class RoutingTable {
  readonly #ownId: Uint8Array;
  readonly #buckets: Bucket[];

  constructor(ownId: Uint8Array, nowMs: number) {
    this.#ownId = ownId;
    this.#buckets = [new Bucket(nowMs)];
  }

  /**
   * Takes in a node that has just answered.
   *
   * @returns A node to ping, if it may be in the way of this one without being there any more.
   */
  answered(contact: Contact, nowMs: number): TableNode | undefined {
    if (!this.#mayHold(contact)) return undefined;
    const known = this.#find(contact);
    if (known === undefined) return this.#add(contact, nowMs);
    if (!sameBytes(known.id, contact.id)) {
      // Someone at the same address with another id: the same port is a node that began anew, another one is one too many.
      if (!sameEndpoint(known.endpoint, contact.endpoint)) return undefined;
      this.#bucketOf(known.id).remove(known);
      return this.#add(contact, nowMs);
    }
    // The same id at another address: the old one keeps it as long as it is good, so that nobody takes it over.
    if (!sameEndpoint(known.endpoint, contact.endpoint)) {
      if (known.status(nowMs) === 'good') return undefined;
      this.#bucketOf(known.id).remove(known);
      return this.#add(contact, nowMs);
    }
    known.answered(nowMs);
    this.#bucketOf(known.id).changedMs = nowMs;
    return undefined;
  }

  /** Puts in a node that was in a table of an earlier run: it is questionable until it answers. */
  restore(contact: Contact): void {
    this.adopt(new TableNode(contact));
  }

  /** Takes over a node from the table of another id, with all that is known of it. */
  adopt(node: TableNode): void {
    if (!this.#mayHold(node) || this.#find(node) !== undefined) return;
    const bucket = this.#roomFor(node.id);
    if (!bucket.isFull && bucket.hasRoomFor(node)) bucket.nodes.push(node);
  }

  /** A node in the table has asked something, so it is there. */
  askedUs(contact: Contact, nowMs: number): void {
    const known = this.#find(contact);
    if (known !== undefined && isSame(known, contact)) known.askedUs(nowMs);
  }

  /** Tells whether a node that has not yet answered would find a place if it did. */
  wants(contact: Contact, nowMs: number): boolean {
    if (!this.#mayHold(contact) || this.#find(contact) !== undefined) return false;
    const bucket = this.#bucketOf(contact.id);
    if (!bucket.hasRoomFor(contact)) return false;
    if (!bucket.isFull) return true;
    return this.#isSplittable(bucket) || bucket.nodes.some((node) => node.status(nowMs) === 'bad');
  }

  /** Whoever is at an endpoint did not answer. A bad node goes when another can take its place. */
  failed(endpoint: Endpoint, nowMs: number): void {
    for (const bucket of this.#buckets) {
      for (const node of bucket.nodes) {
        if (!sameEndpoint(node.endpoint, endpoint)) continue;
        node.failed();
        if (node.status(nowMs) === 'bad') this.#replace(bucket, node, nowMs);
        return;
      }
    }
  }

  /**
   * Returns the nodes closest to `target`, closest first.
   *
   * @param accepts By default every node that is not bad.
   */
  closest(
    target: Uint8Array,
    count: number,
    nowMs: number,
    accepts?: (node: TableNode) => boolean,
  ): TableNode[] {
    const test = accepts ?? ((node: TableNode) => node.status(nowMs) !== 'bad');
    const last = this.#buckets.length - 1;
    const start = Math.min(commonPrefix(this.#ownId, target), last);
    // Those in its own bucket are closer than any others. Then come all that share more with us, which differ from it in the
    // same bit; then each bucket that shares less, one after the other.
    const found = this.#sorted([start], target, test);
    if (found.length < count) {
      const deeper = Array.from({ length: last - start }, (_, index) => start + 1 + index);
      found.push(...this.#sorted(deeper, target, test));
    }
    for (let at = start - 1; at >= 0 && found.length < count; at -= 1)
      found.push(...this.#sorted([at], target, test));
    return found.slice(0, count);
  }

  /** Returns an id in the range of the bucket that was not changed for longest, if that is too long; it then counts as changed. */
  refreshTarget(nowMs: number, random: RandomBytes): Uint8Array | undefined {
    let stale = 0;
    for (const [at, bucket] of this.#buckets.entries()) {
      if (bucket.changedMs < (this.#buckets[stale]?.changedMs ?? 0)) stale = at;
    }
    const bucket = this.#buckets[stale];
    if (bucket === undefined || nowMs - bucket.changedMs < GOOD_MS) return undefined;
    bucket.changedMs = nowMs;
    return randomIdNear(this.#ownId, stale, random, stale === this.#buckets.length - 1);
  }

  *nodes(): Generator<TableNode, void, void> {
    for (const bucket of this.#buckets) yield* bucket.nodes;
  }

  get size(): number {
    return this.#buckets.reduce((sum, bucket) => sum + bucket.nodes.length, 0);
  }

  statistics(nowMs: number): TableStatistics {
    const counts = { good: 0, questionable: 0, bad: 0 };
    for (const node of this.nodes()) counts[node.status(nowMs)] += 1;
    return { ...counts, buckets: this.#buckets.length };
  }

  #mayHold({ id, endpoint }: Contact): boolean {
    return !sameBytes(id, this.#ownId) && isSecureId(id, endpoint.ip);
  }

  /** Finds the node with this id, or the one at this address: there is at most one at an address that is not local. */
  #find({ id, endpoint }: Contact): TableNode | undefined {
    const isLocal = isLocalIp(endpoint.ip);
    const host = hostKey(endpoint.ip);
    const sameId = this.#bucketOf(id).nodes.find((node) => sameBytes(node.id, id));
    if (sameId !== undefined) return sameId;
    for (const bucket of this.#buckets) {
      for (const node of bucket.nodes) {
        if (node.host === host && (!isLocal || sameEndpoint(node.endpoint, endpoint))) return node;
      }
    }
    return undefined;
  }

  #add(contact: Contact, nowMs: number): TableNode | undefined {
    const bucket = this.#roomFor(contact.id);
    const bad = bucket.nodes.find((node) => node.status(nowMs) === 'bad');
    if (!bucket.hasRoomFor(contact, bad)) return undefined;
    if (bucket.isFull && bad === undefined) {
      bucket.keepAside(contact);
      return leastRecentlySeen(bucket, nowMs);
    }
    if (bucket.isFull && bad !== undefined) bucket.remove(bad);
    const node = new TableNode(contact);
    node.answered(nowMs);
    bucket.nodes.push(node);
    bucket.changedMs = nowMs;
    return undefined;
  }

  #replace(bucket: Bucket, bad: TableNode, nowMs: number): void {
    const at = bucket.replacements.findLastIndex(
      (each) => this.#find(each) === undefined && bucket.hasRoomFor(each, bad),
    );
    const [contact] = at < 0 ? [] : bucket.replacements.splice(at, 1);
    if (contact === undefined) return;
    bucket.remove(bad);
    // It answered once, before; whether it still does is seen when it is next asked.
    const node = new TableNode(contact);
    bucket.nodes.push(node);
    bucket.changedMs = nowMs;
  }

  /** Returns the bucket of an id, after splitting the last one for as long as that makes room in it. */
  #roomFor(id: Uint8Array): Bucket {
    for (;;) {
      const bucket = this.#bucketOf(id);
      if (!bucket.isFull || !this.#isSplittable(bucket)) return bucket;
      this.#split();
    }
  }

  #isSplittable(bucket: Bucket): boolean {
    return bucket === this.#buckets.at(-1) && this.#buckets.length < MAX_BUCKETS;
  }

  #split(): void {
    const last = this.#buckets.at(-1);
    if (last === undefined) return;
    const deeper = new Bucket(last.changedMs);
    const depth = this.#buckets.length;
    const isDeeper = ({ id }: Contact): boolean => commonPrefix(this.#ownId, id) >= depth;
    deeper.nodes = last.nodes.filter(isDeeper);
    deeper.replacements = last.replacements.filter(isDeeper);
    last.nodes = last.nodes.filter((node) => !isDeeper(node));
    last.replacements = last.replacements.filter((contact) => !isDeeper(contact));
    this.#buckets.push(deeper);
  }

  #bucketOf(id: Uint8Array): Bucket {
    const bucket = this.#buckets[Math.min(commonPrefix(this.#ownId, id), this.#buckets.length - 1)];
    if (bucket === undefined) throw new Error('A table has one bucket at least');
    return bucket;
  }

  #sorted(indexes: readonly number[], target: Uint8Array, test: (node: TableNode) => boolean): TableNode[] {
    const nodes: TableNode[] = [];
    for (const index of indexes) {
      for (const node of this.#buckets[index]?.nodes ?? []) if (test(node)) nodes.push(node);
    }
    return nodes.toSorted((one, other) => compareDistance(target, one.id, other.id));
  }
}

function isSame(one: Contact, other: Contact): boolean {
  return sameBytes(one.id, other.id) && sameEndpoint(one.endpoint, other.endpoint);
}

/** The node of a full bucket that has been silent for longest, if it is questionable. */
function leastRecentlySeen(bucket: Bucket, nowMs: number): TableNode | undefined {
  let oldest: TableNode | undefined;
  for (const node of bucket.nodes) {
    if (node.status(nowMs) === 'questionable' && (oldest === undefined || node.seenMs < oldest.seenMs))
      oldest = node;
  }
  return oldest;
}
