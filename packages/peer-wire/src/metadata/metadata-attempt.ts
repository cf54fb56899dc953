import { METADATA_PIECE_LENGTH } from './metadata-message.ts';

/** Requests for one piece. */
interface Asked<Peer> {
  readonly peers: Set<Peer>;
  readonly sinceMs: number;
}

/** After so long, one more peer may be asked for a piece that others owe. */
const DUPLICATE_AFTER_MS = 500;
/** Peers that may be asked for one piece at once, when nothing else is left to ask for. */
const FIRST_COPIES = 2;

/**
 * One attempt at putting metadata of one length together, from all peers that claim this length or from one alone. A
 * piece is free, asked for, or received; never two. Memory is taken as pieces come.
 */
export class MetadataAttempt<Peer> {
  readonly length: number;
  /** The only peer that may be asked, if it is one alone. */
  readonly isAlone: boolean;
  /** Who may be asked. */
  readonly peers: Set<Peer> = new Set();
  /** How often it was begun and gave way to others. */
  turns = 0;
  /** Whether it may ask; while it may not, it holds no pieces. */
  isActive = false;
  activeSinceMs = 0;
  lastProgressMs = 0;
  readonly #pieceCount: number;
  /** Pieces before this one were free once; those that are free again are in `#returned`. */
  #nextFree = 0;
  readonly #returned: number[] = [];
  readonly #asked = new Map<number, Asked<Peer>>();
  readonly #received = new Map<number, Uint8Array>();
  readonly #givers = new Set<Peer>();
  #receivedLength = 0;

  constructor(length: number, isAlone: boolean) {
    this.length = length;
    this.isAlone = isAlone;
    this.#pieceCount = Math.ceil(length / METADATA_PIECE_LENGTH);
  }

  get pieceCount(): number {
    return this.#pieceCount;
  }

  get receivedLength(): number {
    return this.#receivedLength;
  }

  get isComplete(): boolean {
    return this.#received.size === this.#pieceCount;
  }

  /** How many peers gave what was received. */
  get giverCount(): number {
    return this.#givers.size;
  }

  begin(nowMs: number): void {
    this.isActive = true;
    this.activeSinceMs = nowMs;
    this.lastProgressMs = nowMs;
  }

  /** Throws everything away, to give way to others. */
  reset(): void {
    this.isActive = false;
    this.clear();
  }

  /** Throws everything away, to begin again. */
  clear(): void {
    this.#nextFree = 0;
    this.#returned.length = 0;
    this.#asked.clear();
    this.#received.clear();
    this.#givers.clear();
    this.#receivedLength = 0;
  }

  pieceLength(piece: number): number {
    return Math.min(METADATA_PIECE_LENGTH, this.length - piece * METADATA_PIECE_LENGTH);
  }

  /** Chooses what to ask a peer for: what no one is asked for, else what others owe for the longest. */
  ask(peer: Peer, nowMs: number): number | undefined {
    const free = this.#takeFree();
    if (free !== undefined) {
      this.#asked.set(free, { peers: new Set([peer]), sinceMs: nowMs });
      return free;
    }
    for (const [piece, { peers, sinceMs }] of this.#asked) {
      if (peers.has(peer) || peers.size >= FIRST_COPIES + Math.floor((nowMs - sinceMs) / DUPLICATE_AFTER_MS))
        continue;
      peers.add(peer);
      return piece;
    }
    return undefined;
  }

  /** A peer will not bring a piece that it was asked for. */
  release(peer: Peer, piece: number): void {
    const asked = this.#asked.get(piece);
    if (asked === undefined || !asked.peers.delete(peer) || asked.peers.size > 0) return;
    this.#asked.delete(piece);
    this.#returned.push(piece);
  }

  /** Keeps a copy of a piece, unless it is there already or the attempt is not being made. */
  receive(peer: Peer, piece: number, data: Uint8Array, nowMs: number): void {
    if (!this.isActive || this.#received.has(piece)) return;
    this.#asked.delete(piece);
    this.#received.set(piece, data.slice());
    this.#receivedLength += data.length;
    this.#givers.add(peer);
    this.lastProgressMs = nowMs;
  }

  /** Puts the pieces together. */
  join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    for (const [piece, data] of this.#received) whole.set(data, piece * METADATA_PIECE_LENGTH);
    return whole;
  }

  #takeFree(): number | undefined {
    for (let piece = this.#returned.pop(); piece !== undefined; piece = this.#returned.pop()) {
      // It may have come late, after its request was taken back.
      if (!this.#received.has(piece)) return piece;
    }
    while (this.#nextFree < this.#pieceCount) {
      const piece = this.#nextFree;
      this.#nextFree += 1;
      if (!this.#received.has(piece)) return piece;
    }
    return undefined;
  }
}
