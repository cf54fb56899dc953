import { seededRandom, type Random } from '../random.ts';
import { divideRates, type Sender } from './divide-rates.ts';
import { SimulatedPeer, type SimulatedLink, type SimulatedPeerOptions } from './simulated-peer.ts';

export interface SimulatedSwarmOptions {
  readonly pieceCount: number;
  readonly pieceLength: number;
  readonly seed: number;
}

const STEP_MS = 500;

/**
 * A swarm without messages, blocks or latency: everyone knows everyone, fetches the rarest pieces, and sends at its rate
 * to those it lets in. The time is virtual, and chance comes from a seed: what is decided in it is what is looked at.
 */
export class SimulatedSwarm {
  nowMs = 0;
  readonly peers: Set<SimulatedPeer> = new Set();
  readonly #pieceCount: number;
  readonly #pieceLength: number;
  readonly #random: Random;
  readonly #haveCounts: number[];
  readonly #opened = new Set<SimulatedPeer>();
  #nextKey = 1;

  constructor({ pieceCount, pieceLength, seed }: SimulatedSwarmOptions) {
    this.#pieceCount = pieceCount;
    this.#pieceLength = pieceLength;
    this.#random = seededRandom(seed);
    this.#haveCounts = Array.from({ length: pieceCount }, () => 0);
  }

  get totalLength(): number {
    return this.#pieceCount * this.#pieceLength;
  }

  /** Every piece there is. */
  get allPieces(): readonly number[] {
    return Array.from({ length: this.#pieceCount }, (_, index) => index);
  }

  add(options: SimulatedPeerOptions): SimulatedPeer {
    const peer = new SimulatedPeer(this.#nextKey, this.#pieceCount, options, this.#random, this.nowMs);
    this.#nextKey += 1;
    this.#connect(peer);
    return peer;
  }

  /** Takes a peer out of the swarm. */
  remove(peer: SimulatedPeer): void {
    this.peers.delete(peer);
    for (const index of peer.have) this.#haveCounts[index] = (this.#haveCounts[index] ?? 0) - 1;
    for (const other of this.peers) {
      this.#stop(peer, other);
      this.#stop(other, peer);
      peer.links.delete(other);
      other.links.delete(peer);
      other.choker?.released(peer.key, this.nowMs);
      other.reveals?.removePeer(peer.key);
      peer.reveals?.removePeer(other.key);
    }
  }

  /** Has a peer leave and come back, as one that no one knows. */
  reconnect(peer: SimulatedPeer): void {
    this.remove(peer);
    peer.key = this.#nextKey;
    this.#nextKey += 1;
    this.#connect(peer);
  }

  /** Runs until a condition holds. @throws {Error} if it does not within the time. */
  runUntil(condition: () => boolean, limitMs: number): void {
    const endMs = this.nowMs + limitMs;
    while (!condition()) {
      if (this.nowMs >= endMs) throw new Error(`Cannot reach the condition within ${limitMs} ms`);
      this.#step();
    }
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    this.runUntil(() => this.nowMs >= endMs, Infinity);
  }

  #connect(peer: SimulatedPeer): void {
    for (const index of peer.have) this.#haveCounts[index] = (this.#haveCounts[index] ?? 0) + 1;
    for (const other of this.peers) {
      peer.links.set(other, this.#link(peer, other));
      other.links.set(peer, this.#link(other, peer));
      peer.reveals?.addPeer(other.key, other.have, this.nowMs);
      other.reveals?.addPeer(peer.key, peer.have, this.nowMs);
    }
    this.peers.add(peer);
  }

  #link(from: SimulatedPeer, to: SimulatedPeer): SimulatedLink {
    const link = {
      isUnchoked: false,
      sentLength: 0,
      wantedCount: 0,
      shown: new Set<number>(),
      piece: undefined,
      connectedMs: this.nowMs,
    };
    link.wantedCount = this.#countWanted(from, to, link);
    if (link.wantedCount > 0) from.choker?.interested();
    return link;
  }

  #countWanted(from: SimulatedPeer, to: SimulatedPeer, link: SimulatedLink): number {
    return this.allPieces.filter((index) => from.shows(index, link) && !to.have.has(index)).length;
  }

  #step(): void {
    for (const peer of this.peers) {
      this.#reveal(peer);
      if (peer.choker?.isDue(this.nowMs) === true) this.#rechoke(peer);
    }
    const senders = [...this.peers].map((from) => this.#sender(from));
    const parts: (() => void)[] = [];
    divideRates(
      senders,
      (to) => to.downloadRate,
      (from, to, bytesPerSecond) => {
        parts.push(() => this.#send(from, to, (bytesPerSecond * STEP_MS) / 1_000));
      },
    );
    this.nowMs += STEP_MS;
    for (const part of parts) part();
  }

  #rechoke(peer: SimulatedPeer): void {
    const facts = Array.from(peer.links, ([other, link]) => ({
      key: other.key,
      isInterested: link.wantedCount > 0,
      isWanted: (other.links.get(peer)?.wantedCount ?? 0) > 0,
      isUploadOnly: false,
      downloadedLength: other.links.get(peer)?.sentLength ?? 0,
      uploadedLength: link.sentLength,
      connectedMs: link.connectedMs,
    }));
    const unchoked = peer.choker?.rechoke(facts, {
      nowMs: this.nowMs,
      isSeeding: peer.have.isFull,
      uploadLimit: peer.options.uploadRate,
    });
    for (const [other, link] of peer.links) {
      link.isUnchoked = unchoked?.has(other.key) ?? false;
      if (!link.isUnchoked) this.#stop(peer, other);
    }
  }

  /** Shows what is to be shown: one piece after the other, and everything once that is over. */
  #reveal(peer: SimulatedPeer): void {
    if (peer.reveals === undefined || this.#opened.has(peer)) return;
    if (peer.isOpen) {
      this.#opened.add(peer);
      for (const [other, link] of peer.links) link.wantedCount = this.#countWanted(peer, other, link);
      peer.choker?.interested();
      return;
    }
    const byKey = new Map(Array.from(peer.links, ([other, link]) => [other.key, { other, link }]));
    for (const { peer: key, index } of peer.reveals.takeReveals(this.nowMs)) {
      const told = byKey.get(key);
      if (told === undefined || told.link.shown.has(index)) continue;
      told.link.shown.add(index);
      if (!told.other.have.has(index)) this.#want(peer, told.link);
    }
  }

  #sender(from: SimulatedPeer): Sender<SimulatedPeer> {
    const receivers: SimulatedPeer[] = [];
    for (const [to, link] of from.links) {
      if (!link.isUnchoked || link.wantedCount === 0) continue;
      link.piece ??= this.#choosePiece(from, to, link);
      if (link.piece === undefined) continue;
      to.fetching.add(link.piece);
      receivers.push(to);
    }
    return { from, bytesPerSecond: from.options.uploadRate, receivers };
  }

  /** One that was begun, or else the rarest; by chance among equals. */
  #choosePiece(from: SimulatedPeer, to: SimulatedPeer, link: SimulatedLink): number | undefined {
    let best: number | undefined;
    let bestScore = Infinity;
    for (let index = 0; index < this.#pieceCount; index += 1) {
      if (to.have.has(index) || to.fetching.has(index) || !from.shows(index, link)) continue;
      const score = (to.partial.has(index) ? 0 : (this.#haveCounts[index] ?? 0)) + this.#random();
      if (score < bestScore) [best, bestScore] = [index, score];
    }
    return best;
  }

  #send(from: SimulatedPeer, to: SimulatedPeer, length: number): void {
    const link = from.links.get(to);
    if (link === undefined) return;
    let left = length;
    while (left > 0 && link.piece !== undefined) {
      const { piece } = link;
      const had = to.partial.get(piece) ?? 0;
      const part = Math.min(left, this.#pieceLength - had);
      left -= part;
      to.partial.set(piece, had + part);
      if (had + part < this.#pieceLength) break;
      this.#complete(to, piece);
      this.#stop(from, to);
      link.piece = this.#choosePiece(from, to, link);
      if (link.piece !== undefined) to.fetching.add(link.piece);
    }
    link.sentLength += length - left;
    from.uploadedLength += length - left;
    to.downloadedLength += length - left;
  }

  #complete(peer: SimulatedPeer, index: number): void {
    peer.have.add(index);
    peer.partial.delete(index);
    peer.firstPieceMs ??= this.nowMs;
    if (peer.have.isFull) peer.doneMs ??= this.nowMs;
    this.#haveCounts[index] = (this.#haveCounts[index] ?? 0) + 1;
    for (const [other, link] of peer.links) {
      if (!other.have.has(index) && peer.shows(index, link)) this.#want(peer, link);
      const back = other.links.get(peer);
      if (back !== undefined && other.shows(index, back)) {
        back.wantedCount -= 1;
        if (back.wantedCount === 0) other.choker?.released(peer.key, this.nowMs);
      }
      other.reveals?.peerHas(peer.key, index, this.nowMs);
    }
  }

  #want(from: SimulatedPeer, link: SimulatedLink): void {
    link.wantedCount += 1;
    if (link.wantedCount === 1) from.choker?.interested();
  }

  #stop(from: SimulatedPeer, to: SimulatedPeer): void {
    const link = from.links.get(to);
    if (link?.piece === undefined) return;
    to.fetching.delete(link.piece);
    link.piece = undefined;
  }
}
