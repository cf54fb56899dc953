import { availableParallelism } from 'node:os';
import { FileLayout, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import type { Committed, ExamineOptions, PieceStore } from '../storage/piece-store.ts';
import { hashOf } from '../storage/verifying-store.ts';
import type { ContentFile } from './content-files.ts';
import { findFiles, type FoundFile } from './found-files.ts';
import { JobPlace } from './job-place.ts';
import { PieceJobs, type PieceJob } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';
import { PieceWorkers } from './piece-workers.ts';
import { utilizationMeter } from './utilization-meter.ts';

export interface FileStoreOptions {
  /** The content's own file or folder. */
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  readonly pieceHashes: Uint8Array;
  /** Takes files over that are not part of this download. */
  readonly overwrite: boolean;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
  /** @defaultValue one that knows this machine */
  readonly place?: Pick<JobPlace, 'isHere' | 'done'>;
}

/**
 * Keeps pieces in files. They are hashed and written on the calling thread as long as that does not hold it up, and on
 * worker threads after that; what is there already is always checked by workers. A file has its final name if and only if
 * every piece of it is there; until then its data is in its part file.
 */
export class FileStore implements PieceStore {
  readonly #options: FileStoreOptions;
  readonly #fileLayout: FileLayout;
  readonly #place: Pick<JobPlace, 'isHere' | 'done'>;
  readonly #here: PieceJobs;
  readonly #workers: PieceWorkers;
  /** Pieces missing of each file. */
  readonly #left: Uint32Array;
  /** What is known of each part file's length, here and on the workers. */
  readonly #partLengths: Float64Array;
  #isClosed = false;

  constructor(options: FileStoreOptions) {
    const { root, files, pieceLength, layout } = options;
    this.#options = options;
    this.#fileLayout = new FileLayout(
      layout,
      files.map((file) => file.length),
    );
    this.#left = new Uint32Array(files.length);
    this.#partLengths = new Float64Array(new SharedArrayBuffer(8 * files.length));
    const { totalLength, maxPieceLength } = layout;
    const data = { root, files, pieceLength, totalLength, partLengths: this.#partLengths };
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
    const { files, layout } = this.#options;
    const found = await findFiles(files, signal);
    const have = new Bitfield(layout.pieceCount);
    let checkedLength = 0;
    const candidates = this.#candidates(found);
    const check = async (): Promise<void> => {
      for (const index of candidates) {
        signal?.throwIfAborted();
        const { isRight } = await this.#workers.run({ type: 'check', index, hash: this.#hash(index) });
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
    for (const [fileIndex, { length, isPadding }] of this.#options.files.entries()) {
      if (length === 0 && !isPadding) await this.#run({ type: 'finishFile', fileIndex });
    }
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
      const left = (this.#left[fileIndex] ?? 0) - 1;
      this.#left[fileIndex] = left;
      if (left === 0) await this.#finishFile(fileIndex);
    }
  }

  /** Yields the pieces whose every byte exists. Shared by all who check: each takes the next. */
  *#candidates(found: readonly FoundFile[]): Generator<number, void, void> {
    if (found.every(({ type }) => type === 'nothing')) return;
    for (let index = 0; index < this.#options.layout.pieceCount; index += 1) {
      const isThere = this.#fileLayout.spans(index).every(({ fileIndex, fileOffset, length }) => {
        const file = found[fileIndex];
        if (this.#options.files[fileIndex]?.isPadding) return true;
        return file !== undefined && file.type !== 'nothing' && file.length >= fileOffset + length;
      });
      if (isThere) yield index;
    }
  }

  /** Gives each file the name that fits what it holds, or refuses one that is not ours. */
  async #settleFiles(found: readonly FoundFile[], have: Bitfield): Promise<void> {
    for (const [fileIndex, file] of found.entries()) {
      const left = this.#countLeft(fileIndex, have);
      this.#left[fileIndex] = left.missing;
      if (file.type === 'part') this.#partLengths[fileIndex] = file.length;
      if (file.type === 'part' && left.missing === 0) await this.#finishFile(fileIndex);
      if (file.type !== 'final') continue;
      const { length, path } = this.#options.files[fileIndex] ?? { length: 0, path: '' };
      if (file.length === length && left.missing === 0) continue;
      const isOurs =
        !file.hasPart &&
        file.length <= length &&
        (file.length === 0 || left.there > 0 || (file.length === length && have.count > 0));
      if (!isOurs && !this.#options.overwrite) {
        throw new DownloadError({
          code: 'EXISTS',
          path,
          found: `there is a file of ${file.length} bytes that is not part of this download`,
        });
      }
      await this.#run({ type: 'reopenFile', fileIndex });
      // Overwriting a file that is only too long may have made it whole.
      if (left.missing === 0) await this.#finishFile(fileIndex);
    }
  }

  #countLeft(fileIndex: number, have: Bitfield): { readonly there: number; readonly missing: number } {
    const range = this.#fileLayout.pieceRange(fileIndex);
    if (range === undefined) return { there: 0, missing: 0 };
    let there = 0;
    for (let index = range.first; index <= range.last; index += 1) if (have.has(index)) there += 1;
    return { there, missing: range.last - range.first + 1 - there };
  }

  async #finishFile(fileIndex: number): Promise<void> {
    const file = this.#options.files[fileIndex];
    if (file === undefined || file.isPadding) return;
    await this.#run({ type: 'finishFile', fileIndex });
    this.#options.onFileCompleted(fileIndex, file.path);
  }
}

/** The memory of a piece, if the piece begins where it begins and it can be moved. */
function wholeMemory({ buffer, byteOffset }: Uint8Array): ArrayBuffer | undefined {
  return buffer instanceof ArrayBuffer && byteOffset === 0 ? buffer : undefined;
}
