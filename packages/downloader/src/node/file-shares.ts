import type { FileLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { piecesOfFiles } from '../policy/wanted-pieces.ts';
import type { ContentFile } from './content-files.ts';
import type { FoundFile } from './found-files.ts';

/** Knows which pieces of a torrent its wanted files have a share in. */
export class FileShares {
  readonly #files: readonly ContentFile[];
  readonly #fileLayout: FileLayout;
  readonly #pieceCount: number;
  /** The pieces of wanted files; `undefined` where all are wanted. */
  readonly #wanted: Bitfield | undefined;

  constructor(files: readonly ContentFile[], fileLayout: FileLayout, pieceCount: number) {
    this.#files = files;
    this.#fileLayout = fileLayout;
    this.#pieceCount = pieceCount;
    if (files.every(({ isWanted, isPadding }) => isWanted || isPadding)) return;
    const indexes = [...files.keys()].filter((index) => files[index]?.isWanted === true);
    this.#wanted = new Bitfield(pieceCount);
    for (const index of piecesOfFiles(fileLayout, indexes)) this.#wanted.add(index);
  }

  /** Whether there are files that are not wanted. */
  get isSelection(): boolean {
    return this.#wanted !== undefined;
  }

  /** Whether a file that is not wanted has bytes in a wanted piece: its first or last, for those between are its own. */
  isShared(fileIndex: number): boolean {
    const range = this.#fileLayout.pieceRange(fileIndex);
    return range !== undefined && (this.#isWanted(range.first) || this.#isWanted(range.last));
  }

  /** Yields the wanted pieces that may be there: every byte exists, or some are spare and kept. */
  *candidates(found: readonly FoundFile[], spares: ReadonlySet<number>): Generator<number, void, void> {
    if (spares.size === 0 && found.every(({ type }) => type === 'nothing')) return;
    for (let index = 0; index < this.#pieceCount; index += 1) {
      if (this.#isWanted(index) && (spares.has(index) || this.#isThere(index, found))) yield index;
    }
  }

  /** Counts the pieces of a file that are in `have`, and the others. */
  count(fileIndex: number, have: Bitfield): { readonly thereCount: number; readonly missingCount: number } {
    const range = this.#fileLayout.pieceRange(fileIndex);
    if (range === undefined) return { thereCount: 0, missingCount: 0 };
    let thereCount = 0;
    for (let index = range.first; index <= range.last; index += 1) if (have.has(index)) thereCount += 1;
    return { thereCount, missingCount: range.last - range.first + 1 - thereCount };
  }

  #isWanted(index: number): boolean {
    return this.#wanted === undefined || this.#wanted.has(index);
  }

  #isThere(index: number, found: readonly FoundFile[]): boolean {
    return this.#fileLayout.spans(index).every(({ fileIndex, fileOffset, length }) => {
      if (this.#files[fileIndex]?.isPadding) return true;
      const file = found[fileIndex];
      return file !== undefined && file.type !== 'nothing' && file.stamp.length >= fileOffset + length;
    });
  }
}
