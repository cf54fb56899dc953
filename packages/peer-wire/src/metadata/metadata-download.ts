import { sha1, type InfoHash } from '@millrace/metainfo';
import { PeerWireError } from '../error.ts';
import { MetadataAttempt } from './metadata-attempt.ts';
import { AttemptSchedule } from './attempt-schedule.ts';
import type { MetadataMessage } from './metadata-message.ts';
import { MetadataPeer } from './metadata-peer.ts';

export interface MetadataDownloadOptions {
  readonly infoHash: InfoHash;
  /** Longest info dictionary taken, in bytes; twice as much may be held while peers disagree. @defaultValue 32 MiB */
  readonly maxLength?: number;
  /** Time allowed for a piece, in milliseconds, before others are asked. @defaultValue 10_000 */
  readonly requestTimeoutMs?: number;
  /** For how long a peer that rejects or does not answer is asked nothing, in milliseconds; doubled each time. @defaultValue 30_000 */
  readonly retryMs?: number;
  /** Requests kept with one peer. @defaultValue 8 */
  readonly maxRequests?: number;
}

/** A request to be sent. */
export interface MetadataRequest<Peer> {
  readonly peer: Peer;
  readonly piece: number;
}

/** How far it has come. */
export interface MetadataProgress {
  /** Bytes of the attempt that is furthest; not verified before all are there. */
  readonly receivedLength: number;
  /** What that attempt will have, `undefined` if there is none. */
  readonly length: number | undefined;
  /** Peers that may be asked. */
  readonly peerCount: number;
}

/**
 * Decides which piece of an info dictionary to ask whom for, and finds out who lies. It knows keys of peers, no
 * connections and no clock.
 *
 * Peers that claim the same length are asked together, whatever others claim. If what they gave has another hash and
 * more than one gave it, each of them is asked alone from then on; who alone gave something wrong has lied.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9}
 */
export class MetadataDownload<Peer> {
  readonly #infoHash: InfoHash;
  readonly #maxLength: number;
  readonly #requestTimeoutMs: number;
  readonly #retryMs: number;
  readonly #maxRequests: number;
  readonly #peers = new Map<Peer, MetadataPeer<Peer>>();
  /** The attempt that all peers of one length share. */
  readonly #shared = new Map<number, MetadataAttempt<Peer>>();
  /** Lengths of which something wrong was given, no one knows by whom. */
  readonly #suspect = new Set<number>();
  readonly #schedule: AttemptSchedule<Peer>;
  #metadata: Uint8Array<ArrayBuffer> | undefined;

  /** @throws {RangeError} if a number is not whole and at least 1. */
  constructor(options: MetadataDownloadOptions) {
    const { maxLength = 2 ** 25, requestTimeoutMs = 10_000, retryMs = 30_000, maxRequests = 8 } = options;
    for (const [name, value] of Object.entries({ maxLength, requestTimeoutMs, retryMs, maxRequests })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new RangeError(
        `Cannot fetch metadata with ${name} ${value}: it must be a whole number of at least 1`,
      );
    }
    this.#infoHash = options.infoHash;
    this.#maxLength = maxLength;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#retryMs = retryMs;
    this.#maxRequests = maxRequests;
    this.#schedule = new AttemptSchedule(2 * maxLength);
  }

  /** The info dictionary, once it is there and has the right hash. */
  get metadata(): Uint8Array<ArrayBuffer> | undefined {
    return this.#metadata;
  }

  get progress(): MetadataProgress {
    const best = this.#schedule.furthest();
    const receivedLength = this.#metadata?.length ?? best?.receivedLength ?? 0;
    return { receivedLength, length: this.#metadata?.length ?? best?.length, peerCount: this.#peers.size };
  }

  /**
   * Takes a peer on, or notes what its latest handshake claims.
   *
   * @param metadataSize What the peer's extended handshake says; of a peer that says nothing, nothing is asked.
   * @returns Whether the peer may be asked.
   */
  addPeer(peer: Peer, metadataSize: number | undefined): boolean {
    const state = this.#peers.get(peer);
    if (state?.attempt.length === metadataSize && state !== undefined) return true;
    this.removePeer(peer);
    if (this.#metadata !== undefined || metadataSize === undefined) return false;
    if (!Number.isSafeInteger(metadataSize) || metadataSize < 1 || metadataSize > this.#maxLength)
      return false;
    this.#peers.set(peer, new MetadataPeer(peer, this.#attemptFor(metadataSize)));
    return true;
  }

  /** Forgets a peer that is gone; what it gave is kept. */
  removePeer(peer: Peer): void {
    const state = this.#peers.get(peer);
    if (state === undefined) return;
    const { attempt } = state;
    state.releaseAll();
    attempt.peers.delete(peer);
    this.#peers.delete(peer);
    if (attempt.peers.size === 0 && (attempt.isAlone || attempt.receivedLength === 0)) this.#drop(attempt);
  }

  /** Decides what to ask for now, and takes back what is owed for too long. Call it after every event, and about once a second. */
  takeRequests(nowMs: number): readonly MetadataRequest<Peer>[] {
    for (const state of this.#peers.values()) {
      if (state.expire(this.#requestTimeoutMs, nowMs)) state.refused(this.#retryMs, nowMs);
    }
    for (const attempt of this.#schedule.update(nowMs)) {
      this.#forgetRequests(attempt);
      if (attempt.peers.size === 0) this.#drop(attempt);
    }
    const requests: MetadataRequest<Peer>[] = [];
    // In rounds of one piece per peer, so that the pieces come from as many peers as can be.
    for (let room = true; room;) {
      room = false;
      for (const [peer, state] of this.#peers) {
        const piece = state.mayAsk(this.#maxRequests, nowMs) ? state.ask(nowMs) : undefined;
        if (piece === undefined) continue;
        requests.push({ peer, piece });
        room = true;
      }
    }
    return requests;
  }

  /**
   * Takes what a peer said. Its data is copied.
   *
   * @returns The info dictionary, if this completes it: its SHA-1 is the info hash.
   * @throws {PeerWireError} `INVALID_METADATA`, `METADATA_HASH_MISMATCH`: the peer lies, and is forgotten already.
   */
  receive(peer: Peer, message: MetadataMessage, nowMs: number): Uint8Array<ArrayBuffer> | undefined {
    const state = this.#peers.get(peer);
    if (state === undefined) return undefined;
    if (message.type === 'reject' && state.release(message.piece)) state.refused(this.#retryMs, nowMs);
    if (message.type !== 'data') return undefined;
    try {
      state.receive(message, nowMs);
      return this.#complete(state.attempt);
    } catch (error) {
      this.removePeer(peer);
      throw error;
    }
  }

  /** @throws {PeerWireError} `METADATA_HASH_MISMATCH` if it is wrong, and all from one peer. */
  #complete(attempt: MetadataAttempt<Peer>): Uint8Array<ArrayBuffer> | undefined {
    if (!attempt.isComplete) return undefined;
    const whole = attempt.join();
    if (isEqual(sha1(whole), this.#infoHash)) {
      this.#finish(whole);
      return whole;
    }
    this.#forgetRequests(attempt);
    if (attempt.giverCount > 1) {
      this.#separate(attempt);
      return undefined;
    }
    attempt.clear();
    throw new PeerWireError({ code: 'METADATA_HASH_MISMATCH', length: whole.length });
  }

  #finish(whole: Uint8Array<ArrayBuffer>): void {
    this.#metadata = whole;
    this.#peers.clear();
    this.#shared.clear();
    this.#schedule.clear();
  }

  /** More than one peer gave what is wrong: from now on each is asked alone. */
  #separate(attempt: MetadataAttempt<Peer>): void {
    this.#suspect.add(attempt.length);
    this.#drop(attempt);
    for (const peer of attempt.peers) {
      const state = this.#peers.get(peer);
      if (state === undefined) continue;
      state.attempt = this.#attemptFor(attempt.length);
      state.attempt.peers.add(peer);
    }
  }

  #attemptFor(length: number): MetadataAttempt<Peer> {
    const isAlone = this.#suspect.has(length);
    const shared = isAlone ? undefined : this.#shared.get(length);
    if (shared !== undefined) return shared;
    const attempt = new MetadataAttempt<Peer>(length, isAlone);
    if (!isAlone) this.#shared.set(length, attempt);
    this.#schedule.add(attempt);
    return attempt;
  }

  #drop(attempt: MetadataAttempt<Peer>): void {
    attempt.reset();
    this.#schedule.remove(attempt);
    if (this.#shared.get(attempt.length) === attempt) this.#shared.delete(attempt.length);
  }

  /** What its peers owe to an attempt that gave way may come all the same. */
  #forgetRequests(attempt: MetadataAttempt<Peer>): void {
    for (const peer of attempt.peers) {
      this.#peers.get(peer)?.forgetRequests();
    }
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
