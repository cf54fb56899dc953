import type { PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { Fingerprints } from '../piece/fingerprints.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { PeerKey, PiecePicker } from '../policy/piece-picker.ts';
import { SmartBan } from '../policy/smart-ban.ts';
import type { PieceStore } from '../storage/piece-store.ts';

export interface PieceKeeperOptions {
  readonly store: PieceStore;
  readonly layout: PieceLayout;
  /** The pieces that count. @defaultValue all */
  readonly wanted?: Iterable<number> | undefined;
  readonly picker: PiecePicker;
  readonly blocks: BlockPicker;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** A piece is verified and written; these peers gave its blocks. */
  readonly onVerified: (index: number, contributors: ReadonlySet<PeerKey>) => void;
  /** A piece failed its hash; these peers gave its blocks. */
  readonly onRejected: (index: number, length: number, contributors: ReadonlySet<PeerKey>) => void;
  /** These peers gave wrong blocks of a piece that failed before, as is known now that it is right. */
  readonly onExposed: (index: number, peers: ReadonlySet<PeerKey>) => void;
  /** The store cannot go on. */
  readonly onError: (error: unknown) => void;
  /** The memory of a piece, or of several, is free again; one of them was begun at this time. */
  readonly onRoom: (begunMs: number) => void;
}

/** Bytes of finished pieces that may wait for the store. */
const MAX_WAITING_LENGTH = 8 * 1024 * 1024;

/** Sees complete pieces through the store. A piece is being committed or had, never both; it is had only when verified and written. */
export class PieceKeeper {
  /** How many pieces are wanted. */
  readonly wantedCount: number;
  /** Their bytes. */
  readonly wantedLength: number;
  readonly #options: PieceKeeperOptions;
  #fingerprints: Fingerprints | undefined;
  readonly #smartBan = new SmartBan();
  readonly #committing = new Map<number, Promise<void>>();
  readonly #have: Bitfield;
  readonly #wanted: Bitfield | undefined;
  #haveCount = 0;
  #haveLength = 0;
  #unwantedHaveLength = 0;
  #committingLength = 0;
  #isMakingRoom = false;

  constructor(options: PieceKeeperOptions) {
    this.#options = options;
    const { layout, wanted } = options;
    this.#have = new Bitfield(layout.pieceCount);
    this.#wanted = wanted && new Bitfield(layout.pieceCount);
    let wantedLength = 0;
    for (const index of wanted ?? []) if (this.#wanted?.add(index)) wantedLength += layout.pieceLength(index);
    this.wantedCount = this.#wanted?.count ?? layout.pieceCount;
    this.wantedLength = this.#wanted === undefined ? layout.totalLength : wantedLength;
  }

  /** The pieces that are had; a live view, not to be changed. */
  get have(): Bitfield {
    return this.#have;
  }

  /** How many of the wanted pieces are had. */
  get haveCount(): number {
    return this.#haveCount;
  }

  /** Bytes of the wanted pieces that are had. */
  get haveLength(): number {
    return this.#haveLength;
  }

  /** Bytes of all pieces, wanted or not, that are not had. */
  get missingLength(): number {
    return this.#options.layout.totalLength - this.#haveLength - this.#unwantedHaveLength;
  }

  /** Whether so much waits to be hashed and written that asking for more would only fill memory. */
  get isBehind(): boolean {
    return this.#committingLength > Math.max(MAX_WAITING_LENGTH, 2 * this.#options.layout.maxPieceLength);
  }

  /** Counts a piece that is there and right. */
  add(index: number): void {
    if (!this.#have.add(index)) return;
    this.#options.picker.complete(index);
    const length = this.#options.layout.pieceLength(index);
    if (this.#isWanted(index)) {
      this.#haveCount += 1;
      this.#haveLength += length;
    } else this.#unwantedHaveLength += length;
  }

  /** A piece is not there any more, or not as it was. Answers whether it was had. */
  lose(index: number): boolean {
    if (!this.#have.delete(index)) return false;
    const length = this.#options.layout.pieceLength(index);
    if (this.#isWanted(index)) {
      this.#haveCount -= 1;
      this.#haveLength -= length;
    } else this.#unwantedHaveLength -= length;
    return true;
  }

  /** Hands a complete piece to the store. */
  commit(piece: OpenPiece): void {
    this.#options.blocks.take(piece);
    this.#committingLength += piece.length;
    this.#committing.set(piece.index, this.#settle(piece));
  }

  /** Resolves when nothing is being committed. */
  async settled(): Promise<void> {
    await Promise.all(this.#committing.values());
  }

  /** Returns a byte per piece: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. A copy. */
  states(): Uint8Array<ArrayBuffer> {
    const states = new Uint8Array(this.#options.layout.pieceCount);
    if (this.#wanted !== undefined) {
      states.fill(3);
      for (const index of this.#wanted) states[index] = 0;
    }
    for (const piece of this.#options.blocks.openPieces) states[piece.index] = 1;
    for (const index of this.#committing.keys()) states[index] = 1;
    for (const index of this.#have) states[index] = 2;
    return states;
  }

  #isWanted(index: number): boolean {
    return this.#wanted === undefined || this.#wanted.has(index);
  }

  async #settle(piece: OpenPiece): Promise<void> {
    const { store, onRoom, onError } = this.#options;
    // Now, because what is written may not be here any more afterwards.
    const fingerprints = this.#smartBan.remembers(piece.index) ? this.#fingerprintsOf(piece) : [];
    try {
      const { isRight, exchange } = await store.commit(piece.index, piece.bytes());
      if (exchange !== undefined) piece.exchange(exchange);
      this.#committing.delete(piece.index);
      if (isRight) this.#accept(piece, fingerprints);
      else this.#reject(piece);
    } catch (error) {
      this.#committing.delete(piece.index);
      this.#options.blocks.failed(piece.index, false);
      onError(error);
    }
    this.#committingLength -= piece.length;
    piece.close();
    // Pieces are often written several at a time: then all of their memory is given out at once, and not piece by piece.
    if (this.#isMakingRoom) return;
    this.#isMakingRoom = true;
    await Promise.resolve();
    this.#isMakingRoom = false;
    onRoom(piece.begunMs);
  }

  #accept(piece: OpenPiece, fingerprints: readonly number[]): void {
    const { index } = piece;
    this.add(index);
    this.#options.blocks.passed(index);
    if (this.#smartBan.remembers(index))
      this.#options.onExposed(index, this.#smartBan.passed(index, fingerprints));
    this.#options.onVerified(index, piece.contributors());
  }

  #reject(piece: OpenPiece): void {
    const contributors = piece.contributors();
    const isShared = contributors.size > 1;
    this.#options.blocks.failed(piece.index, isShared);
    if (isShared) {
      const given = this.#fingerprintsOf(piece).map((fingerprint, block) => ({
        fingerprint,
        peer: piece.contributor(block),
      }));
      this.#smartBan.failed(piece.index, given);
    }
    this.#options.onRejected(piece.index, piece.length, contributors);
  }

  #fingerprintsOf(piece: OpenPiece): readonly number[] {
    this.#fingerprints ??= new Fingerprints(this.#options.random);
    return this.#fingerprints.of(piece.bytes());
  }
}
