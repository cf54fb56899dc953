import { PeerWireError } from '../error.ts';
import type { MetadataAttempt } from './metadata-attempt.ts';
import type { MetadataMessage } from './metadata-message.ts';

const MAX_RETRY_MS = 300_000;

/** What is known of one peer that may be asked for metadata. */
export class MetadataPeer<Peer> {
  readonly key: Peer;
  attempt: MetadataAttempt<Peer>;
  /** When each piece was asked for that it owes. */
  readonly #asked = new Map<number, number>();
  /** Every piece that it was ever asked for: it may come late, and more than once, without being a lie. */
  readonly #everAsked = new Set<number>();
  #lastDataMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #refusalCount = 0;

  constructor(key: Peer, attempt: MetadataAttempt<Peer>) {
    this.key = key;
    this.attempt = attempt;
    attempt.peers.add(key);
  }

  mayAsk(maxRequests: number, nowMs: number): boolean {
    return this.attempt.isActive && this.#asked.size < maxRequests && nowMs >= this.#retryAtMs;
  }

  /** Chooses a piece to ask for, and notes it. */
  ask(nowMs: number): number | undefined {
    const piece = this.attempt.ask(this.key, nowMs);
    if (piece === undefined) return undefined;
    this.#asked.set(piece, nowMs);
    this.#everAsked.add(piece);
    return piece;
  }

  /** Lets go of what it owes for too long. @returns Whether there was any. */
  expire(timeoutMs: number, nowMs: number): boolean {
    let isOwing = false;
    for (const [piece, askedMs] of this.#asked) {
      // Several requests wait for each other: who brings something is not late.
      if (nowMs - Math.max(askedMs, this.#lastDataMs) < timeoutMs) continue;
      isOwing = true;
      this.release(piece);
    }
    return isOwing;
  }

  /** Lets go of a piece. @returns Whether it was owed. */
  release(piece: number): boolean {
    if (!this.#asked.delete(piece)) return false;
    this.attempt.release(this.key, piece);
    return true;
  }

  releaseAll(): void {
    for (const piece of this.#asked.keys()) this.release(piece);
  }

  /** What it owes is no longer asked for: the attempt begins anew. */
  forgetRequests(): void {
    this.#asked.clear();
  }

  /** It rejected or did not answer: it is asked nothing for a while, each time for longer. */
  refused(retryMs: number, nowMs: number): void {
    this.#retryAtMs = nowMs + Math.min(MAX_RETRY_MS, retryMs * 2 ** Math.min(this.#refusalCount, 20));
    this.#refusalCount += 1;
  }

  /** Takes what it gave. @throws {PeerWireError} `INVALID_METADATA` if it cannot be what it was asked for. */
  receive(message: Extract<MetadataMessage, { readonly type: 'data' }>, nowMs: number): void {
    const { piece, totalSize, data } = message;
    if (!this.#everAsked.has(piece)) {
      throw new PeerWireError({
        code: 'INVALID_METADATA',
        field: 'piece',
        value: piece,
        expected: undefined,
      });
    }
    expectValue('total_size', totalSize, this.attempt.length);
    expectValue('length', data.length, this.attempt.pieceLength(piece));
    this.#asked.delete(piece);
    this.#lastDataMs = nowMs;
    this.#retryAtMs = nowMs;
    this.#refusalCount = 0;
    this.attempt.receive(this.key, piece, data, nowMs);
  }
}

/** @throws {PeerWireError} `INVALID_METADATA` */
function expectValue(field: 'total_size' | 'length', value: number, expected: number): void {
  if (value !== expected) throw new PeerWireError({ code: 'INVALID_METADATA', field, value, expected });
}
