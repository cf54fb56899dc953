import { availableParallelism } from 'node:os';
import { FileLayout, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import type { Committed, ExamineOptions, PieceStore } from '../storage/piece-store.ts';
import { hashOf } from '../storage/verifying-store.ts';
import type { ContentFile } from './content-files.ts';
import { fateOf } from './file-fate.ts';
import { FileStamps } from './file-stamps.ts';
import { FileShares } from './file-shares.ts';
import { findFiles, type FoundFile } from './found-files.ts';
import { JobPlace } from './job-place.ts';
import type { JournaledStore } from './last-run.ts';
import { PieceJobs, type PieceJob } from './piece-jobs.ts';
import { PieceReader } from './piece-reader.ts';
import type { JobResult } from './piece-thread.ts';
import { PieceWorkers } from './piece-workers.ts';
import type { ProcessLock } from './process-lock.ts';
import type { ResumeJournal } from './resume-journal.ts';
import { ownStamp } from './safe-open.ts';
import { findSpares, removeIfEmpty } from './spare-bytes.ts';
import { utilizationMeter } from './utilization-meter.ts';

const NONE: ReadonlySet<number> = new Set();
/** Times that a file is checked again before it gets its name. */
const MAX_TRIES = 2;

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
  /** Whether a file has its final name from its first piece on. @defaultValue false: when it is whole */
  readonly isNamedEarly?: boolean | undefined;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
  /** Whether what is there is read, and nothing is written, renamed or refused. @defaultValue false */
  readonly isReadOnly?: boolean | undefined;
  /** Remembers what is there, so that it need not be hashed. @defaultValue nothing is remembered */
  readonly journal?: ResumeJournal | undefined;
  /** Held from the examination to the end, so that nobody else is at it. @defaultValue none */
  readonly lock?: ProcessLock | undefined;
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
  readonly #shares: FileShares;
  readonly #place: Pick<JobPlace, 'isHere' | 'done'>;
  readonly #here: PieceJobs;
  readonly #workers: PieceWorkers;
  readonly #reader: PieceReader;
  /** Pieces missing of each wanted file. */
  readonly #left: Uint32Array;
  /** How each file was left, here and by the workers. */
  readonly #stamps: FileStamps;
  readonly #journaled: JournaledStore;
  /** Files that have their final names early, or are being given them. */
  readonly #named = new Map<number, Promise<unknown>>();
  #isClosed = false;

  /** @throws {RangeError} if there are files that are not wanted, and no `partsFolder`. */
  constructor(options: FileStoreOptions) {
    const { root, files, pieceLength, layout, partsFolder, isNamedEarly = false } = options;
    this.#options = options;
    this.#fileLayout = new FileLayout(
      layout,
      files.map((file) => file.length),
    );
    this.#shares = new FileShares(files, this.#fileLayout, layout.pieceCount);
    if (this.#shares.isSelection && partsFolder === undefined) {
      throw new RangeError('Cannot store only some files of a torrent: there is no partsFolder');
    }
    this.#left = new Uint32Array(files.length);
    this.#stamps = new FileStamps(files.length);
    this.#journaled = { files, fileLayout: this.#fileLayout, stamps: this.#stamps };
    const { totalLength, maxPieceLength } = layout;
    const data = {
      root,
      files,
      pieceLength,
      totalLength,
      partsFolder,
      stamps: this.#stamps.memory,
      isNamedEarly,
    };
    const cores = availableParallelism();
    const utilization = utilizationMeter();
    this.#place = options.place ?? new JobPlace({ pieceLength: maxPieceLength, cores, utilization });
    this.#here = new PieceJobs(data);
    this.#workers = new PieceWorkers(data, cores);
    this.#reader = new PieceReader({
      root,
      files,
      fileLayout: this.#fileLayout,
      stamps: this.#stamps,
      now: () => performance.now(),
    });
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  async examine({ onProgress, signal }: ExamineOptions = {}): Promise<Bitfield> {
    const { files, layout, partsFolder, journal, lock } = this.#options;
    await lock?.acquire();
    const found = await findFiles(files, (fileIndex) => this.#shares.isShared(fileIndex), signal);
    for (const [fileIndex, file] of found.entries()) {
      if (file.type !== 'nothing') this.#stamps.set(fileIndex, file.stamp);
    }
    const spares = partsFolder === undefined ? NONE : await findSpares(partsFolder, layout.pieceCount);
    const have = new Bitfield(layout.pieceCount);
    let checkedLength = 0;
    const known = journal?.known(found, this.#journaled);
    const candidates = this.#shares.candidates(found, spares);
    const check = async (): Promise<void> => {
      for (const index of candidates) {
        signal?.throwIfAborted();
        const hasSpares = spares.has(index);
        const isThere = hasSpares ? undefined : known?.(index);
        if (isThere === true) have.add(index);
        if (isThere !== undefined) continue;
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
    if (this.#options.isReadOnly !== true) await this.#settleFiles(found, have);
    journal?.begin(this.#journaled, have);
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
    if (isRight) {
      this.#options.journal?.add(index);
      await this.#countPiece(index);
    }
    const wasMoved = given !== undefined && result.memory !== undefined;
    return wasMoved ? { isRight, exchange: new Uint8Array(result.memory) } : { isRight };
  }

  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean> {
    return !this.#isClosed && this.#reader.read(index, begin, targets);
  }

  async finish(): Promise<void> {
    const { files, partsFolder, isReadOnly } = this.#options;
    if (isReadOnly === true) return;
    for (const [fileIndex, { length, isPadding, isWanted }] of files.entries()) {
      if (length === 0 && isWanted && !isPadding) await this.#run({ type: 'finishFile', fileIndex });
    }
    if (partsFolder !== undefined) removeIfEmpty(partsFolder);
    this.#options.journal?.finish();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#here.close();
    this.#reader.close();
    await this.#workers.close();
    try {
      await this.#options.journal?.close();
    } finally {
      await this.#options.lock?.release();
    }
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
      else await this.#nameEarly(fileIndex);
    }
  }

  /** Gives each wanted file the name that fits what it holds, or refuses one that is not ours. */
  async #settleFiles(found: readonly FoundFile[], have: Bitfield): Promise<void> {
    const { files, overwrite, journal } = this.#options;
    for (const [fileIndex, file] of files.entries()) {
      const there = found[fileIndex];
      if (!file.isWanted || file.isPadding || there === undefined) continue;
      const counts = this.#shares.count(fileIndex, have);
      const { missingCount } = counts;
      this.#left[fileIndex] = missingCount;
      const isAnyThere = have.count > 0;
      const isKnown = there.type !== 'nothing' && journal?.isKnown(fileIndex, there.stamp) === true;
      const fate = fateOf(there, { ...counts, length: file.length, isAnyThere, isKnown, overwrite });
      if (fate === 'is refused') throw foreignFile(file, there);
      if (fate === 'reopens') await this.#run({ type: 'reopenFile', fileIndex });
      if (there.type === 'final') this.#named.set(fileIndex, Promise.resolve());
      else if (counts.thereCount > 0 && missingCount > 0 && there.type === 'part')
        await this.#nameEarly(fileIndex);
      // Overwriting a file that is only too long may have made it whole.
      if (fate === 'finishes' || (fate === 'reopens' && missingCount === 0))
        await this.#finishFile(fileIndex);
    }
  }

  /** Once it has a piece, a later run can tell by it that a file is ours. */
  async #nameEarly(fileIndex: number): Promise<void> {
    if (this.#options.isNamedEarly !== true) return;
    const naming = this.#named.get(fileIndex) ?? this.#run({ type: 'nameFile', fileIndex });
    this.#named.set(fileIndex, naming);
    await naming;
  }

  /** Hashes the pieces of a file that someone else may have changed. @throws {DownloadError} `CHANGED` if one is wrong now. */
  async #checkAgain(fileIndex: number, { path, partPath }: ContentFile): Promise<void> {
    const stamp = ownStamp(partPath) ?? ownStamp(path);
    if (stamp !== undefined) this.#stamps.set(fileIndex, stamp);
    const { first = 0, last = -1 } = this.#fileLayout.pieceRange(fileIndex) ?? {};
    const hasSpares = this.#shares.isSelection;
    for (let index = first; index <= last; index += 1) {
      const hash = this.#hash(index);
      const { isRight } = await this.#workers.run({ type: 'check', index, hash, hasSpares, isAnew: true });
      if (isRight) continue;
      this.#stamps.disturb(fileIndex);
      throw changedFile(path);
    }
  }

  async #finishFile(fileIndex: number): Promise<void> {
    const file = this.#options.files[fileIndex];
    if (file === undefined || file.isPadding) return;
    await this.#named.get(fileIndex);
    for (let tries = 0; ; tries += 1) {
      const { isRight } = await this.#run({ type: 'finishFile', fileIndex });
      if (isRight) break;
      if (tries === MAX_TRIES) throw changedFile(file.path);
      await this.#checkAgain(fileIndex, file);
    }
    this.#reader.finished(fileIndex);
    this.#options.onFileCompleted(fileIndex, file.path);
  }
}

function changedFile(path: string): DownloadError {
  return new DownloadError({ code: 'CHANGED', path, found: 'it was changed while it was being downloaded' });
}

function foreignFile({ path }: ContentFile, found: FoundFile): DownloadError {
  const length = found.type === 'nothing' ? 0 : found.stamp.length;
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
