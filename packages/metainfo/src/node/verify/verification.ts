import { FileLayout } from '../../file-layout.ts';
import type { Metainfo } from '../../metainfo.ts';
import type { FileProblem, FoundContent } from './find-content.ts';

/** What a piece was found to be. */
export const PIECE_STATE = { incomplete: 0, good: 1, bad: 2 } as const;

/**
 * What bytes of a file were found to be. `unknown`: they are there, but belong to a piece of which other bytes, maybe of
 * another file, are missing or cannot be read; no hash can tell.
 */
export type ByteState = 'good' | 'bad' | 'missing' | 'unknown';

export interface CheckedRange {
  readonly state: ByteState;
  /** Where it starts, in bytes from the start of the file. */
  readonly begin: number;
  readonly length: number;
}

export interface CheckedFile {
  /** Its index in the torrent. */
  readonly index: number;
  /**
   * `good`: it is what the torrent says; `bad`: it holds what does not belong there; `missing`: nothing of it is there;
   * `incomplete`: the rest.
   */
  readonly state: 'good' | 'bad' | 'missing' | 'incomplete';
  readonly problem?: FileProblem;
  /** How many bytes are of which state. */
  readonly bytes: Readonly<Record<ByteState, number>>;
}

export interface VerificationInit {
  readonly metainfo: Metainfo;
  readonly root: string;
  readonly found: readonly FoundContent[];
  readonly pieceStates: Uint8Array;
  readonly extraFiles: readonly string[];
}

/** What was found of a torrent on disk. */
export class Verification {
  /** The torrent's own file or folder: an absolute path. */
  readonly root: string;
  /** Each file of the torrent but padding, in its order. */
  readonly files: readonly CheckedFile[];
  /** For each piece a value of {@link PIECE_STATE}: 0 if bytes of it are missing, 1 if it is good, 2 if it is bad. */
  readonly pieceStates: Uint8Array;
  /** Files in the torrent's folder that are not of the torrent: paths below it, with `/`, sorted; at most 1000. */
  readonly extraFiles: readonly string[];
  readonly #metainfo: Metainfo;
  readonly #found: readonly FoundContent[];
  readonly #fileLayout: FileLayout;

  constructor({ metainfo, root, found, pieceStates, extraFiles }: VerificationInit) {
    this.root = root;
    this.pieceStates = pieceStates;
    this.extraFiles = extraFiles;
    this.#metainfo = metainfo;
    this.#found = found;
    const lengths = metainfo.files.map((file) => file.length);
    this.#fileLayout = new FileLayout(metainfo.layout, lengths);
    this.files = metainfo.files
      .filter((file) => !file.isPadding && file.symlink === undefined)
      .map(({ index }) => this.#check(index));
  }

  /** Whether every file is what the torrent says. Files that are not of the torrent do not count. */
  get isComplete(): boolean {
    return this.files.every((file) => file.state === 'good');
  }

  /** Returns how many pieces are good, bad, and not there as a whole. */
  countPieces(): Readonly<Record<keyof typeof PIECE_STATE, number>> {
    const counts = { incomplete: 0, good: 0, bad: 0 };
    for (const state of this.pieceStates) {
      if (state === PIECE_STATE.good) counts.good += 1;
      else if (state === PIECE_STATE.bad) counts.bad += 1;
      else counts.incomplete += 1;
    }
    return counts;
  }

  /** Returns how many bytes of all files are of which state. */
  countBytes(): Readonly<Record<ByteState, number>> {
    const sums = { good: 0, bad: 0, missing: 0, unknown: 0 };
    for (const { bytes } of this.files) {
      for (const state of ['good', 'bad', 'missing', 'unknown'] as const) sums[state] += bytes[state];
    }
    return sums;
  }

  /** Yields the ranges of a file in order: together they cover it, and neighbours differ. */
  *ranges(fileIndex: number): Generator<CheckedRange, void, void> {
    let state: ByteState | undefined;
    let begin = 0;
    let end = 0;
    for (const span of this.#spans(fileIndex)) {
      if (span.state !== state) {
        if (state !== undefined) yield { state, begin, length: end - begin };
        ({ state, begin } = span);
      }
      end = span.begin + span.length;
    }
    if (state !== undefined) yield { state, begin, length: end - begin };
  }

  /** Yields what each piece says of a file. */
  *#spans(fileIndex: number): Generator<CheckedRange, void, void> {
    const file = this.#metainfo.files[fileIndex];
    const pieces = this.#fileLayout.pieceRange(fileIndex);
    if (file === undefined || pieces === undefined) return;
    const { layout } = this.#metainfo;
    const there = Math.min(file.length, this.#found[fileIndex]?.seen?.size ?? 0);
    for (let index = pieces.first; index <= pieces.last; index += 1) {
      const begin = Math.max(0, layout.pieceOffset(index) - file.offset);
      const end = Math.min(file.length, layout.pieceOffset(index) + layout.pieceLength(index) - file.offset);
      const state = this.pieceStates[index];
      if (state === PIECE_STATE.good || state === PIECE_STATE.bad) {
        yield { state: state === PIECE_STATE.good ? 'good' : 'bad', begin, length: end - begin };
        continue;
      }
      const middle = Math.min(end, Math.max(begin, there));
      if (begin < middle) yield { state: 'unknown', begin, length: middle - begin };
      if (middle < end) yield { state: 'missing', begin: middle, length: end - middle };
    }
  }

  #check(index: number): CheckedFile {
    const bytes = { good: 0, bad: 0, missing: 0, unknown: 0 };
    for (const { state, length } of this.#spans(index)) bytes[state] += length;
    const { problem, location } = this.#found[index] ?? {};
    const state = stateOf(bytes, problem, location !== undefined);
    return { index, state, bytes, ...(problem !== undefined && { problem }) };
  }
}

function stateOf(
  { bad, missing, unknown }: CheckedFile['bytes'],
  problem: FileProblem | undefined,
  isThere: boolean,
): CheckedFile['state'] {
  if (bad > 0 || problem === 'too long') return 'bad';
  if (problem === undefined && missing === 0 && unknown === 0) return 'good';
  return isThere ? 'incomplete' : 'missing';
}
