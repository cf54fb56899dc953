import { availableParallelism } from 'node:os';
import { FileLayout, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import { piecesOfFiles } from '../policy/wanted-pieces.ts';
import type { Committed, ExamineOptions, PieceStore } from '../storage/piece-store.ts';
import { hashOf } from '../storage/verifying-store.ts';
import type { ContentFile } from './content-files.ts';
import { fateOf } from './file-fate.ts';
import { findFiles, type FoundFile } from './found-files.ts';
import { JobPlace } from './job-place.ts';
import { PieceJobs, type PieceJob } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';
import { PieceWorkers } from './piece-workers.ts';
import { findSpares, removeIfEmpty } from './spare-bytes.ts';
import { utilizationMeter } from './utilization-meter.ts';

const NONE: ReadonlySet<number> = new Set();

export interface FileStoreOptions {
  /** The content's own file or folder. */
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  readonly pieceHashes: Uint8Array;
  /**
   * A folder below `root` that no file of the torrent lies in. Where a piece is shared with files that are not wanted,
   * their bytes are kept there. Needed only if there are such files.
   */
  readonly partsFolder?: string | undefined;
  /** Takes files over that are not part of this download. */
  readonly overwrite: boolean;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
  /** @defaultValue one that knows this machine */
  readonly place?: Pick<JobPlace, 'isHere' | 'done'>;
}

/**
 * Keeps pieces in files. They are hashed and written on the calling thread as long as that does not hold it up, and on
 * worker threads after that; what is there already is always checked by workers. A wanted file has its final name if and
 * only if every piece of it is there; until then its data is in its part file. Of the others nothing is made or changed:
 * what belongs to them of a piece that is shared is kept in the parts folder, until they are wanted.
 */
export class FileStore implements PieceStore {
  readonly #options: FileStoreOptions;
  readonly #fileLayout: FileLayout;
  /** The pieces that wanted files have bytes in; `undefined` where all files are wanted. */
  readonly #wanted: Bitfield | undefined;
  readonly #place: Pick<JobPlace, 'isHere' | 'done'>;
  readonly #here: PieceJobs;
  readonly #workers: PieceWorkers;
  /** Pieces missing of each wanted file. */
  readonly #left: Uint32Array;
  /** What is known of each part file's length, here and on the workers. */
  readonly #partLengths: Float64Array;
  #isClosed = false;

  /** @throws {RangeError} if there are files that are not wanted, and no `partsFolder`. */
  constructor(options: FileStoreOptions) {
    const { root, files, pieceLength, layout, partsFolder } = options;
    this.#options = options;
    this.#fileLayout = new FileLayout(
      layout,
      files.map((file) => file.length),
    );
    this.#wanted = wantedPieces(files, this.#fileLayout, layout.pieceCount);
    if (this.#wanted !== undefined && partsFolder === undefined) {
      throw new RangeError('Cannot store only some files of a torrent: there is no partsFolder');
    }
    this.#left = new Uint32Array(files.length);
    this.#partLengths = new Float64Array(new SharedArrayBuffer(8 * files.length));
    const { totalLength, maxPieceLength } = layout;
    const data = { root, files, pieceLength, totalLength, partsFolder, partLengths: this.#partLengths };
    const cores = availableParallelism();
    const utilization = utilizationMeter();
    this.#place = options.place ?? new JobPlace({ pieceLength: maxPieceLength, cores, utilization });
    this.#here = new PieceJobs(data);
    this.#workers = new PieceWorkers(data, cores);
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  async examine({ onProgress, signal }: ExamineOptions = {}): Promise<Bitfield> {
    const { files, layout, partsFolder } = this.#options;
    const found = await findFiles(files, (fileIndex) => this.#isShared(fileIndex), signal);
    for (const [fileIndex, file] of found.entries()) {
      if (file.type === 'part') this.#partLengths[fileIndex] = file.length;
    }
    const spares = partsFolder === undefined ? NONE : await findSpares(partsFolder, layout.pieceCount);
    const have = new Bitfield(layout.pieceCount);
    let checkedLength = 0;
    const candidates = this.#candidates(found, spares);
    const check = async (): Promise<void> => {
      for (const index of candidates) {
        signal?.throwIfAborted();
        const hasSpares = spares.has(index);
        const { isRight } = await this.#workers.run({
          type: 'check',
          index,
          hash: this.#hash(index),
          hasSpares,
        });
        if (isRight) have.add(index);
        checkedLength += layout.pieceLength(index);
        onProgress?.(checkedLength);
      }
    };
    await Promise.all(Array.from({ length: this.#workers.capacity }, check));
    await this.#settleFiles(found, have);
    return have;
  }

  async commit(index: number, bytes: Uint8Array): Promise<Committed> {
    const given = wholeMemory(bytes);
    const result = await this.#run({
      type: 'commit',
      index,
      hash: this.#hash(index),
      memory: given ?? bytes.slice().buffer,
      length: bytes.length,
    });
    const { isRight } = result;
    if (isRight) await this.#countPiece(index);
    const wasMoved = given !== undefined && result.memory !== undefined;
    return wasMoved ? { isRight, exchange: new Uint8Array(result.memory) } : { isRight };
  }

  async finish(): Promise<void> {
    const { files, partsFolder } = this.#options;
    for (const [fileIndex, { length, isPadding, isWanted }] of files.entries()) {
      if (length === 0 && isWanted && !isPadding) await this.#run({ type: 'finishFile', fileIndex });
    }
    if (partsFolder !== undefined) removeIfEmpty(partsFolder);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#here.close();
    await this.#workers.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(job: PieceJob): Promise<JobResult> {
    if (this.#isClosed || !this.#place.isHere) return this.#workers.run(job); // when closed, they refuse it
    const startMs = performance.now();
    const isRight = this.#here.run(job);
    this.#place.done(startMs, performance.now());
    return { isRight };
  }

  #hash(index: number): Uint8Array {
    return hashOf(index, this.#options.pieceHashes);
  }

  async #countPiece(index: number): Promise<void> {
    for (const { fileIndex } of this.#fileLayout.spans(index)) {
      if (this.#options.files[fileIndex]?.isWanted !== true) continue;
      const left = (this.#left[fileIndex] ?? 0) - 1;
      this.#left[fileIndex] = left;
      if (left === 0) await this.#finishFile(fileIndex);
    }
  }

  /** Whether a file that is not wanted has bytes in a piece that is: in its first or its last, for those between are its own. */
  #isShared(fileIndex: number): boolean {
    const range = this.#fileLayout.pieceRange(fileIndex);
    return range !== undefined && (this.#isWanted(range.first) || this.#isWanted(range.last));
  }

  #isWanted(index: number): boolean {
    return this.#wanted === undefined || this.#wanted.has(index);
  }

  /** Yields the wanted pieces whose every byte exists. Shared by all who check: each takes the next. */
  *#candidates(found: readonly FoundFile[], spares: ReadonlySet<number>): Generator<number, void, void> {
    if (spares.size === 0 && found.every(({ type }) => type === 'nothing')) return;
    for (let index = 0; index < this.#options.layout.pieceCount; index += 1) {
      if (this.#isWanted(index) && (spares.has(index) || this.#isThere(index, found))) yield index;
    }
  }

  #isThere(index: number, found: readonly FoundFile[]): boolean {
    return this.#fileLayout.spans(index).every(({ fileIndex, fileOffset, length }) => {
      const file = found[fileIndex];
      if (this.#options.files[fileIndex]?.isPadding) return true;
      return file !== undefined && file.type !== 'nothing' && file.length >= fileOffset + length;
    });
  }

  /** Gives each wanted file the name that fits what it holds, or refuses one that is not ours. */
  async #settleFiles(found: readonly FoundFile[], have: Bitfield): Promise<void> {
    const { files, overwrite } = this.#options;
    for (const [fileIndex, file] of files.entries()) {
      const there = found[fileIndex];
      if (!file.isWanted || file.isPadding || there === undefined) continue;
      const counts = this.#countPieces(fileIndex, have);
      const { missingCount } = counts;
      this.#left[fileIndex] = missingCount;
      const isAnyThere = have.count > 0;
      const fate = fateOf(there, { ...counts, length: file.length, isAnyThere, overwrite });
      if (fate === 'is refused') throw foreignFile(file, there);
      if (fate === 'reopens') await this.#run({ type: 'reopenFile', fileIndex });
      // Overwriting a file that is only too long may have made it whole.
      if (fate === 'finishes' || (fate === 'reopens' && missingCount === 0))
        await this.#finishFile(fileIndex);
    }
  }

  #countPieces(
    fileIndex: number,
    have: Bitfield,
  ): { readonly thereCount: number; readonly missingCount: number } {
    const range = this.#fileLayout.pieceRange(fileIndex);
    if (range === undefined) return { thereCount: 0, missingCount: 0 };
    let thereCount = 0;
    for (let index = range.first; index <= range.last; index += 1) if (have.has(index)) thereCount += 1;
    return { thereCount, missingCount: range.last - range.first + 1 - thereCount };
  }

  async #finishFile(fileIndex: number): Promise<void> {
    const file = this.#options.files[fileIndex];
    if (file === undefined || file.isPadding) return;
    await this.#run({ type: 'finishFile', fileIndex });
    this.#options.onFileCompleted(fileIndex, file.path);
  }
}

/** Returns the pieces that wanted files have bytes in, or `undefined` if there are no others. */
function wantedPieces(
  files: readonly ContentFile[],
  layout: FileLayout,
  pieceCount: number,
): Bitfield | undefined {
  if (files.every(({ isWanted, isPadding }) => isWanted || isPadding)) return undefined;
  const indexes = [...files.keys()].filter((index) => files[index]?.isWanted === true);
  const wanted = new Bitfield(pieceCount);
  for (const index of piecesOfFiles(layout, indexes)) wanted.add(index);
  return wanted;
}

function foreignFile({ path }: ContentFile, found: FoundFile): DownloadError {
  const length = found.type === 'nothing' ? 0 : found.length;
  return new DownloadError({
    code: 'EXISTS',
    path,
    found: `there is a file of ${length} bytes that is not part of this download`,
  });
}

/** The memory of a piece, if the piece begins where it begins and it can be moved. */
function wholeMemory({ buffer, byteOffset }: Uint8Array): ArrayBuffer | undefined {
  return buffer instanceof ArrayBuffer && byteOffset === 0 ? buffer : undefined;
}
