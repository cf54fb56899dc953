import { Bitfield } from '@millrace/peer-wire';
import type { Random } from '../random.ts';

/** What a peer's choker is told of another peer. */
interface ChokerFacts {
  readonly key: number;
  readonly isInterested: boolean;
  readonly isWanted: boolean;
  readonly isUploadOnly: boolean;
  readonly downloadedLength: number;
  readonly uploadedLength: number;
  readonly connectedMs: number;
}

interface ChokerConditions {
  readonly nowMs: number;
  readonly isSeeding: boolean;
  readonly uploadLimit: number;
}

/** Decides whom a peer lets in. */
export interface SimulatedChoker {
  isDue(nowMs: number): boolean;
  interested(): void;
  released(key: number, nowMs: number): void;
  rechoke(peers: Iterable<ChokerFacts>, conditions: ChokerConditions): ReadonlySet<number>;
}

/** Decides which piece a seeder shows to whom. */
export interface SimulatedReveals {
  readonly isOver: boolean;
  addPeer(key: number, have: Bitfield, nowMs: number): void;
  peerHas(key: number, index: number, nowMs: number): void;
  removePeer(key: number): void;
  takeReveals(nowMs: number): readonly { readonly peer: number; readonly index: number }[];
}

export interface SimulatedPeerOptions {
  /** Bytes a second. */
  readonly uploadRate: number;
  /** Bytes a second. @defaultValue ten times the upload rate */
  readonly downloadRate?: number;
  /** Whom it lets in. @defaultValue no one */
  readonly choker?: ((random: Random) => SimulatedChoker) | undefined;
  /** Shows pieces one by one. @defaultValue shows what it has */
  readonly reveals?: ((pieceCount: number, random: Random) => SimulatedReveals) | undefined;
  /** Pieces that it begins with. @defaultValue none */
  readonly pieces?: Iterable<number>;
}

/** What one peer shows and sends another. */
export interface SimulatedLink {
  isUnchoked: boolean;
  sentLength: number;
  /** Pieces shown that the other lacks. */
  wantedCount: number;
  /** Pieces shown, where not all are. */
  readonly shown: Set<number>;
  /** The piece that is being sent. */
  piece: number | undefined;
  readonly connectedMs: number;
}

/** A peer of a simulated swarm. */
export class SimulatedPeer {
  /** Another one after each reconnect. */
  key: number;
  readonly options: SimulatedPeerOptions;
  readonly have: Bitfield;
  readonly joinedMs: number;
  /** When it had everything; `undefined` before. */
  doneMs: number | undefined;
  /** When it had its first piece. */
  firstPieceMs: number | undefined;
  downloadedLength = 0;
  uploadedLength = 0;
  readonly choker: SimulatedChoker | undefined;
  readonly reveals: SimulatedReveals | undefined;
  /** What it sends others. */
  readonly links: Map<SimulatedPeer, SimulatedLink> = new Map();
  /** Bytes that it has of pieces that are not whole. */
  readonly partial: Map<number, number> = new Map();
  /** Pieces that are being sent to it. */
  readonly fetching: Set<number> = new Set();

  constructor(key: number, pieceCount: number, options: SimulatedPeerOptions, random: Random, nowMs: number) {
    this.key = key;
    this.options = options;
    this.have = new Bitfield(pieceCount);
    for (const index of options.pieces ?? []) this.have.add(index);
    this.joinedMs = nowMs;
    this.choker = options.choker?.(random);
    this.reveals = options.reveals?.(pieceCount, random);
  }

  get downloadRate(): number {
    return this.options.downloadRate ?? 10 * this.options.uploadRate;
  }

  /** Whether it shows all that it has. */
  get isOpen(): boolean {
    return this.reveals === undefined || this.reveals.isOver;
  }

  /** Whether another may ask it for a piece. */
  shows(index: number, link: SimulatedLink): boolean {
    return this.have.has(index) && (this.isOpen || link.shown.has(index));
  }
}
