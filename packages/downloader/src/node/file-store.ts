import { FileLayout, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import type { Committed, ExamineOptions, PieceStore } from '../storage/piece-store.ts';
import { FileNames, type FileNamesOptions } from './file-names.ts';
import { FileShares } from './file-shares.ts';
import { FileStamps } from './file-stamps.ts';
import { findFiles } from './found-files.ts';
import type { JournaledStore } from './last-run.ts';
import { PieceReader } from './piece-reader.ts';
import type { ProcessLock } from './process-lock.ts';
import { findSpares, removeIfEmpty } from './spare-bytes.ts';
import { StoreJobs, type Place } from './store-jobs.ts';

const NONE: ReadonlySet<number> = new Set();

export interface FileStoreOptions extends FileNamesOptions {
  /** The content's own file or folder. */
  readonly root: string;
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  readonly pieceHashes: Uint8Array;
  /**
   * A folder below `root` that no file of the torrent lies in. Where a piece is shared with files that are not wanted,
   * their bytes are kept there. Needed only if there are such files.
   */
  readonly partsFolder?: string | undefined;
  /** Whether what is there is read, and nothing is written, renamed or refused. @defaultValue false */
  readonly isReadOnly?: boolean | undefined;
  /** Held from the examination to the end, so that nobody else is at it. @defaultValue none */
  readonly lock?: ProcessLock | undefined;
  /** @defaultValue one that knows this machine */
  readonly place?: Place;
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
  readonly #jobs: StoreJobs;
  readonly #reader: PieceReader;
  readonly #names: FileNames;
  /** How each file was left, here and by the workers. */
  readonly #stamps: FileStamps;
  readonly #journaled: JournaledStore;
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
    const { pieceHashes, place } = options;
    this.#jobs = new StoreJobs({ data, pieceHashes, maxPieceLength, place });
    this.#reader = new PieceReader({
      root,
      files,
      fileLayout: this.#fileLayout,
      stamps: this.#stamps,
      now: () => performance.now(),
    });
    this.#names = new FileNames(options, {
      fileLayout: this.#fileLayout,
      shares: this.#shares,
      stamps: this.#stamps,
      jobs: this.#jobs,
      onFinished: (fileIndex) => this.#reader.finished(fileIndex),
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
        if (await this.#jobs.check(index, { hasSpares })) have.add(index);
        checkedLength += layout.pieceLength(index);
        onProgress?.(checkedLength);
      }
    };
    await Promise.all(Array.from({ length: this.#jobs.capacity }, check));
    if (this.#options.isReadOnly !== true) await this.#names.settle(found, have);
    journal?.begin(this.#journaled, have);
    return have;
  }

  /** One promise is all that a piece takes: there may be thousands a second. */
  commit(index: number, bytes: Uint8Array): Promise<Committed> {
    return new Promise((resolve, reject) => {
      const isMovable = beginsMemory(bytes);
      this.#jobs.commit(index, isMovable ? bytes : bytes.slice(), {
        resolve: ({ isRight, memory }) => {
          const wasMoved = isMovable && memory !== undefined;
          const committed = wasMoved ? { isRight, exchange: new Uint8Array(memory) } : { isRight };
          try {
            const naming = isRight ? this.#count(index) : undefined;
            resolve(naming === undefined ? committed : naming.then(() => committed));
          } catch (error) {
            reject(error);
          }
        },
        reject,
      });
    });
  }

  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean> {
    return !this.#isClosed && this.#reader.read(index, begin, targets);
  }

  async finish(): Promise<void> {
    const { partsFolder, isReadOnly } = this.#options;
    if (isReadOnly === true) return;
    await this.#names.finishEmpty();
    if (partsFolder !== undefined) removeIfEmpty(partsFolder);
    this.#options.journal?.finish();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close();
    await this.#jobs.close();
    try {
      await this.#options.journal?.close();
    } finally {
      await this.#options.lock?.release();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A piece was written. Returns what there is to wait for, if anything. @throws {DownloadError} `CHANGED`, `IO` */
  #count(index: number): Promise<void> | undefined {
    this.#options.journal?.add(index);
    return this.#names.countPiece(index);
  }
}

/** Whether bytes begin where memory begins that can be moved. */
function beginsMemory(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer;
}
