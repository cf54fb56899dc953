import type { FileSpan } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import type { Clock, Timer } from '../clock.ts';
import type { TransferTotals } from '../statistics.ts';
import { bootId } from './boot-id.ts';
import type { FileStamp } from './file-stamps.ts';
import type { FoundFile } from './found-files.ts';
import { LastRun, type JournaledStore, type LastRunOptions } from './last-run.ts';
import { encodeResumeState, type ResumeState } from './resume-state.ts';
import { storageError } from './storage-error.ts';
import { SyncedFiles } from './synced-files.ts';

export interface ResumeJournalOptions extends LastRunOptions {
  /** The files that are downloaded; `undefined` for all. */
  readonly selected: ReadonlySet<number> | undefined;
  /** Whether what is remembered of the selection stays as it is: nothing is downloaded. @defaultValue false */
  readonly keepsSelection?: boolean | undefined;
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

const INTERVAL_MS = 15_000;
/** Time after the start until the first save. */
const FIRST_MS = 1_000;

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
  readonly #lastRun: LastRun;
  readonly #boot: Uint8Array;
  #store: JournaledStore | undefined;
  #have = new Bitfield(0);
  /** Pieces of files that are of no concern now, but were. */
  #carried: readonly number[] = [];
  #synced = new SyncedFiles([]);
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #hasFailed = false;
  #hasSaved = false;
  #isFinished = false;
  #isSelection = false;

  constructor(options: ResumeJournalOptions, boot: Uint8Array = bootId()) {
    this.#options = options;
    this.#boot = boot;
    this.#lastRun = new LastRun(options, boot);
  }

  /** What earlier runs brought. */
  get restored(): TransferTotals {
    return this.#lastRun.totals;
  }

  /**
   * Answers whether a piece is there, as far as that is known: its files are as they were left. Asked when nobody else is at
   * the files any more.
   *
   * @param found - What is there of each file.
   */
  known(found: readonly FoundFile[], store: JournaledStore): (index: number) => boolean | undefined {
    this.#lastRun.reload(); // who was at it may have saved since
    return this.#lastRun.known(found, store);
  }

  /** Whether a file is one that an earlier run had when it was cut short: what is in it may be anything, and yet it is ours. */
  isKnown(fileIndex: number, stamp: FileStamp): boolean {
    return this.#lastRun.hadOpen(fileIndex, stamp);
  }

  /** Begins to save now and then. @param have - What is there. */
  begin(store: JournaledStore, have: Bitfield): void {
    this.#store = store;
    this.#isSelection = store.files.some(({ isWanted, isPadding }) => !isWanted && !isPadding);
    this.#have = new Bitfield(have.size);
    for (const index of have) this.#count(index, store);
    this.#synced = new SyncedFiles(store.files);
    this.#carried = this.#lastRun.handOn(store, this.#synced);
    this.#schedule(Math.min(FIRST_MS, this.#intervalMs));
  }

  /** Counts a piece that was verified and written. @throws {DownloadError} if data could not be brought to the disk. */
  add(index: number): void {
    if (this.#synced.failure !== undefined) throw this.#synced.failure;
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
    if (this.#synced.failure !== undefined) throw this.#synced.failure;
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
    await this.#synced.sync(stamps, isLast);
    const { downloadedBytes, uploadedBytes } = totals();
    const state: ResumeState = {
      isClean: isLast && this.#synced.failure === undefined,
      pieces,
      stamps,
      unsynced: this.#synced.unsynced(stamps),
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
    const { selection } = this.#lastRun;
    if (keepsSelection && selection !== undefined) return selection;
    return { selected: selected && bitsOf(selected, identity.fileCount), isFinished: this.#isFinished };
  }
}

function bitsOf(indexes: Iterable<number>, size: number): Bitfield {
  const bits = new Bitfield(size);
  for (const index of indexes) bits.add(index);
  return bits;
}
