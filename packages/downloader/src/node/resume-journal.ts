import { closeSync, fstatSync, fsync } from 'node:fs';
import { promisify } from 'node:util';
import type { FileLayout, FileSpan } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import type { Clock, Timer } from '../clock.ts';
import { NO_STATISTICS, type TransferTotals } from '../statistics.ts';
import { bootId } from './boot-id.ts';
import type { ContentFile } from './content-files.ts';
import {
  type FileStamp,
  type FileStamps,
  isSameStamp,
  setStamp,
  STAMP_FIGURES,
  stampAt,
} from './file-stamps.ts';
import type { FoundFile } from './found-files.ts';
import type { ResumeFile } from './resume-file.ts';
import {
  decodeResumeState,
  encodeResumeState,
  maxResumeStateLength,
  type ResumeIdentity,
  type ResumeState,
} from './resume-state.ts';
import { openOwn } from './safe-open.ts';
import { storageError } from './storage-error.ts';

export interface ResumeJournalOptions {
  readonly file: ResumeFile;
  readonly identity: ResumeIdentity;
  /** The files that are downloaded; `undefined` for all. */
  readonly selected: ReadonlySet<number> | undefined;
  /** Whether what is remembered of the selection stays as it is: nothing is downloaded. @defaultValue false */
  readonly keepsSelection?: boolean | undefined;
  /** Whether nothing of what is remembered is believed. */
  readonly recheck: boolean;
  /** Answers with this run's share. */
  readonly totals: () => TransferTotals;
  /** Called once, when something has been saved. */
  readonly onSaved?: (() => void) | undefined;
  /** Told once, when nothing can be remembered. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** Time between two saves, in milliseconds. @defaultValue 15_000 */
  readonly intervalMs?: number | undefined;
}

/** What a journal needs to know of a store. */
export interface JournaledStore {
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  readonly stamps: FileStamps;
}

const INTERVAL_MS = 15_000;
/** Time after the start until the first save. */
const FIRST_MS = 1_000;
const SYNCED_AT_ONCE = 4;
/** Files that are synced for one save; what remains is believed until the system starts anew. */
const MAX_SYNCED = 256;
const sync = promisify(fsync);
const ALL: Pick<Bitfield, 'has'> = { has: () => true };
const NOTHING: FoundFile = { type: 'nothing' };

/**
 * Remembers from run to run which pieces were verified, and how the files were left in which they are. A piece is taken
 * for there only if all its files are as they were left; what a file was written to later, or by someone else, is
 * seen by its time. So nothing has to be written down while pieces are: a save now and then is enough, and one at the end.
 *
 * A save counts after a crash of the system, too: it says which files had reached the disk, and those it waits for are
 * synced before it is written.
 */
export class ResumeJournal {
  readonly #options: ResumeJournalOptions;
  #loaded: ResumeState | undefined;
  readonly #boot: Uint8Array;
  #store: JournaledStore | undefined;
  #have = new Bitfield(0);
  /** Pieces of files that are of no concern now, but were. */
  #carried: readonly number[] = [];
  /** Stamps with which files were synced. */
  #synced = new BigInt64Array(0);
  /** Stamps at the last save. */
  #last = new BigInt64Array(0);
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #hasFailed = false;
  #hasSaved = false;
  #isFinished = false;
  #isSelection = false;
  /** Why data did not reach the disk. */
  #failure: unknown;

  constructor(options: ResumeJournalOptions, boot: Uint8Array = bootId()) {
    this.#options = options;
    this.#boot = boot;
    this.#loaded = loadResumeState(options.file, options.identity);
  }

  /** What earlier runs brought. */
  get restored(): TransferTotals {
    return this.#loaded?.totals ?? NO_STATISTICS.restored;
  }

  /**
   * Answers whether a piece is there, as far as that is known: its files are as they were left.
   *
   * @param found - What is there of each file.
   */
  known(
    found: readonly FoundFile[],
    { files, fileLayout }: JournaledStore,
  ): (index: number) => boolean | undefined {
    const { file, identity } = this.#options;
    this.#loaded = loadResumeState(file, identity); // who was at it may have saved since
    const loaded = this.#believed();
    if (loaded === undefined) return () => undefined;
    const { selected = ALL, pieces, stamps, isClean } = loaded;
    const isAsLeft = files.map(({ isPadding, isWanted }, fileIndex) => {
      const there = found[fileIndex] ?? NOTHING;
      if (isPadding || there.type === 'nothing') return isPadding;
      return isWanted && isSameStamp(stampAt(stamps, fileIndex), there.stamp);
    });
    return (index) => {
      const spans = fileLayout.spans(index);
      if (!spans.every(({ fileIndex }) => isAsLeft[fileIndex])) return undefined;
      if (pieces.has(index)) return true;
      // Of what was not of interest then, nothing was looked for.
      return isClean && spans.every(({ fileIndex }) => selected.has(fileIndex)) ? false : undefined;
    };
  }

  /** Whether a file is one that an earlier run had when it was cut short: what is in it may be anything, and yet it is ours. */
  isKnown(fileIndex: number, { inode }: FileStamp): boolean {
    const loaded = this.#loaded;
    return (
      loaded !== undefined &&
      !loaded.isClean &&
      inode !== 0n &&
      stampAt(loaded.stamps, fileIndex).inode === inode
    );
  }

  /** Begins to save now and then. @param have - What is there. */
  begin(store: JournaledStore, have: Bitfield): void {
    this.#store = store;
    this.#isSelection = store.files.some(({ isWanted, isPadding }) => !isWanted && !isPadding);
    this.#have = new Bitfield(have.size);
    for (const index of have) this.#count(index, store);
    this.#synced = new BigInt64Array(store.files.length * STAMP_FIGURES);
    this.#last = this.#synced.slice();
    this.#carry(store);
    this.#schedule(Math.min(FIRST_MS, this.#intervalMs));
  }

  /** Counts a piece that was verified and written. @throws {DownloadError} if data could not be brought to the disk. */
  add(index: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#store !== undefined) this.#count(index, this.#store);
  }

  /** Everything that was wanted is there. */
  finish(): void {
    this.#isFinished = true;
  }

  /** Saves for the last time, when nothing is being written any more. @throws {DownloadError} if data cannot be brought to the disk. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    const store = this.#store;
    this.#store = undefined;
    await this.#saving;
    if (store !== undefined) await this.#save(store, true);
    if (this.#failure !== undefined) throw this.#failure;
  }

  get #intervalMs(): number {
    return this.#options.intervalMs ?? INTERVAL_MS;
  }

  /** Where some of a piece belongs to files that are not wanted, those bytes are kept elsewhere: such pieces are always hashed. */
  #count(index: number, { files, fileLayout }: JournaledStore): void {
    const isOwn = ({ fileIndex }: FileSpan): boolean => {
      const file = files[fileIndex];
      return file?.isWanted === true || file?.isPadding === true;
    };
    if (!this.#isSelection || fileLayout.spans(index).every(isOwn)) this.#have.add(index);
  }

  /** The loaded state, as far as it may be believed. */
  #believed(): ResumeState | undefined {
    const loaded = this.#options.recheck ? undefined : this.#loaded;
    if (loaded === undefined || isSameBoot(loaded.boot, this.#boot)) return loaded;
    const stamps = loaded.stamps.slice();
    for (const fileIndex of loaded.unsynced) setStamp(stamps, fileIndex, undefined);
    return { ...loaded, stamps };
  }

  /** What is known of files that are not wanted now stays known. */
  #carry({ files, fileLayout, stamps }: JournaledStore): void {
    const loaded = this.#believed();
    if (loaded === undefined) return;
    const isKnown = files.map(
      ({ isPadding }, fileIndex) => isPadding || stampAt(loaded.stamps, fileIndex).inode !== 0n,
    );
    const isOther = (index: number): boolean =>
      fileLayout
        .spans(index)
        .every(({ fileIndex }) => isKnown[fileIndex] === true && files[fileIndex]?.isWanted !== true);
    if (files.some(({ isWanted }) => !isWanted)) this.#carried = [...loaded.pieces].filter(isOther);
    for (const fileIndex of files.keys()) {
      const stamp = stampAt(loaded.stamps, fileIndex);
      if (files[fileIndex]?.isWanted !== true && isKnown[fileIndex] === true) stamps.set(fileIndex, stamp);
      // It had reached the disk; where it is another by now, that will be seen.
      if (!loaded.unsynced.has(fileIndex)) setStamp(this.#synced, fileIndex, stamp);
    }
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      const store = this.#store;
      if (store === undefined) return;
      this.#saving = this.#save(store, false).finally(() => {
        this.#saving = undefined;
        if (this.#store !== undefined) this.#schedule(this.#intervalMs);
      });
    });
  }

  async #save(store: JournaledStore, isLast: boolean): Promise<void> {
    const { identity, file, totals, onError } = this.#options;
    // What is written from here on gives its file another time than the one that is saved.
    const stamps = store.stamps.snapshot();
    const pieces = Bitfield.decode(this.#have.encode(), identity.pieceCount);
    for (const index of this.#carried) pieces.add(index);
    await this.#sync(store, stamps, isLast);
    const { downloadedBytes, uploadedBytes } = totals();
    const state: ResumeState = {
      isClean: isLast && this.#failure === undefined,
      pieces,
      stamps,
      unsynced: this.#unsynced(stamps),
      boot: this.#boot,
      ...this.#selection(),
      totals: {
        downloadedBytes: this.restored.downloadedBytes + downloadedBytes,
        uploadedBytes: this.restored.uploadedBytes + uploadedBytes,
      },
    };
    try {
      await file.write(encodeResumeState(state, identity));
      if (!this.#hasSaved) this.#options.onSaved?.();
      this.#hasSaved = true;
    } catch (error) {
      if (!this.#hasFailed) onError(storageError(error, file.path));
      this.#hasFailed = true;
    }
  }

  #selection(): Pick<ResumeState, 'selected' | 'isFinished'> {
    const { selected, identity, keepsSelection = false } = this.#options;
    if (keepsSelection && this.#loaded !== undefined) {
      return { selected: this.#loaded.selected, isFinished: this.#loaded.isFinished };
    }
    return { selected: selected && bitsOf(selected, identity.fileCount), isFinished: this.#isFinished };
  }

  /** Brings files to the disk that have come to rest, or all; not more than a good number at a time. */
  async #sync({ files }: JournaledStore, stamps: BigInt64Array, isLast: boolean): Promise<void> {
    const due: number[] = [];
    for (let fileIndex = 0; fileIndex < files.length && due.length < MAX_SYNCED; fileIndex += 1) {
      const stamp = stampAt(stamps, fileIndex);
      const isAtRest = isLast || isSameStamp(stampAt(this.#last, fileIndex), stamp);
      const isSynced = stamp.inode === 0n || isSameStamp(stampAt(this.#synced, fileIndex), stamp);
      if (isAtRest && !isSynced) due.push(fileIndex);
    }
    this.#last = BigInt64Array.from(stamps);
    const syncSome = async (): Promise<void> => {
      for (let fileIndex = due.pop(); fileIndex !== undefined; fileIndex = due.pop()) {
        const file = files[fileIndex];
        const stamp = stampAt(stamps, fileIndex);
        if (file !== undefined && (await this.#syncFile(file, stamp.inode)))
          setStamp(this.#synced, fileIndex, stamp);
      }
    };
    await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, syncSome));
  }

  async #syncFile({ path, partPath, isWanted }: ContentFile, inode: bigint): Promise<boolean> {
    const mode = process.platform === 'win32' && isWanted ? 'write' : 'read';
    for (const place of [partPath, path]) {
      let fd: number;
      try {
        fd = openOwn(place, mode);
      } catch {
        continue; // it has the other name, or cannot be opened now: then it is not known to be on the disk
      }
      try {
        if (fstatSync(fd, { bigint: true }).ino !== inode) continue;
        await sync(fd);
        return true;
      } catch (error) {
        this.#failure ??= storageError(error, path);
      } finally {
        closeSync(fd);
      }
    }
    return false;
  }

  #unsynced(stamps: BigInt64Array): Bitfield {
    const { fileCount } = this.#options.identity;
    const unsynced = new Bitfield(fileCount);
    for (let fileIndex = 0; fileIndex < fileCount; fileIndex += 1) {
      const stamp = stampAt(stamps, fileIndex);
      if (!isSameStamp(stampAt(this.#synced, fileIndex), stamp)) unsynced.add(fileIndex);
    }
    return unsynced;
  }
}

/** Returns the newest state that can be read and is of this torrent and copy. */
export function loadResumeState(file: ResumeFile, identity: ResumeIdentity): ResumeState | undefined {
  for (const bytes of file.generations(maxResumeStateLength(identity))) {
    const state = decodeResumeState(bytes, identity);
    if (state !== undefined) return state;
  }
  return undefined;
}

function isSameBoot(one: Uint8Array, other: Uint8Array): boolean {
  return one.length > 0 && Buffer.compare(one, other) === 0;
}

function bitsOf(indexes: Iterable<number>, size: number): Bitfield {
  const bits = new Bitfield(size);
  for (const index of indexes) bits.add(index);
  return bits;
}
