import type { FileLayout } from '@millrace/metainfo';
import type { Bitfield } from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import { changedFile } from './changed-file.ts';
import type { ContentFile } from './content-files.ts';
import { fateOf } from './file-fate.ts';
import type { FileShares } from './file-shares.ts';
import type { FileStamps } from './file-stamps.ts';
import type { FoundFile } from './found-files.ts';
import type { ResumeJournal } from './resume-journal.ts';
import { ownStamp } from './safe-open.ts';
import type { StoreJobs } from './store-jobs.ts';

/** Times that a file is checked again before it gets its name. */
const MAX_TRIES = 2;
const FOUND_CHANGED = 'it was changed while it was being downloaded';

export interface FileNamesOptions {
  readonly files: readonly ContentFile[];
  /** Takes files over that are not part of this download. */
  readonly overwrite: boolean;
  /** Whether a file has its final name from its first piece on. @defaultValue false: when it is whole */
  readonly isNamedEarly?: boolean | undefined;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
  /** Remembers what is there, so that it need not be hashed. @defaultValue nothing is remembered */
  readonly journal?: ResumeJournal | undefined;
}

/** What names go by, and who gives them. */
export interface FileNamesParts {
  readonly fileLayout: FileLayout;
  readonly shares: FileShares;
  readonly stamps: FileStamps;
  readonly jobs: StoreJobs;
  /** A file has its final name now. */
  readonly onFinished: (fileIndex: number) => void;
}

/**
 * Gives wanted files their names. A file has its final one if and only if every piece of it is there; until then its data is
 * in its part file. Where files are named early, that is so from the first piece on.
 */
export class FileNames {
  readonly #options: FileNamesOptions;
  readonly #parts: FileNamesParts;
  /** Pieces missing of each wanted file. */
  readonly #left: Uint32Array;
  /** Files that have their final names early, or are being given them. */
  readonly #named = new Map<number, Promise<void>>();

  constructor(options: FileNamesOptions, parts: FileNamesParts) {
    this.#options = options;
    this.#parts = parts;
    this.#left = new Uint32Array(options.files.length);
  }

  /** Gives each wanted file the name that fits what it holds. @throws {DownloadError} `EXISTS` if there is one that is not ours. */
  async settle(found: readonly FoundFile[], have: Bitfield): Promise<void> {
    const { files, overwrite, journal } = this.#options;
    const { shares, jobs } = this.#parts;
    for (const [fileIndex, file] of files.entries()) {
      const there = found[fileIndex];
      if (!file.isWanted || file.isPadding || there === undefined) continue;
      const counts = shares.count(fileIndex, have);
      const { missingCount } = counts;
      this.#left[fileIndex] = missingCount;
      const isAnyThere = have.count > 0;
      const isKnown = there.type !== 'nothing' && journal?.isKnown(fileIndex, there.stamp) === true;
      const fate = fateOf(there, { ...counts, length: file.length, isAnyThere, isKnown, overwrite });
      if (fate === 'is refused') throw foreignFile(file, there);
      if (fate === 'reopens') await jobs.run({ type: 'reopenFile', fileIndex });
      if (there.type === 'final') this.#named.set(fileIndex, Promise.resolve());
      else if (counts.thereCount > 0 && missingCount > 0 && there.type === 'part')
        await this.#nameEarly(fileIndex);
      // Overwriting a file that is only too long may have made it whole.
      if (fate === 'finishes' || (fate === 'reopens' && missingCount === 0)) await this.#finish(fileIndex);
    }
  }

  /**
   * A piece was written: files that it was the last of get their names. Most are not: then there is nothing to wait for.
   *
   * @throws {DownloadError} `CHANGED`
   */
  countPiece(index: number): Promise<void> | undefined {
    let due: { readonly fileIndex: number; readonly isWhole: boolean }[] | undefined;
    for (const { fileIndex } of this.#parts.fileLayout.spans(index)) {
      if (this.#options.files[fileIndex]?.isWanted !== true) continue;
      const left = (this.#left[fileIndex] ?? 0) - 1;
      this.#left[fileIndex] = left;
      if (left === 0 || this.#options.isNamedEarly === true)
        (due ??= []).push({ fileIndex, isWhole: left === 0 });
    }
    return due && this.#name(due);
  }

  async #name(due: readonly { readonly fileIndex: number; readonly isWhole: boolean }[]): Promise<void> {
    for (const { fileIndex, isWhole } of due)
      await (isWhole ? this.#finish(fileIndex) : this.#nameEarly(fileIndex));
  }

  /** Makes wanted files that have nothing in them: no piece is the last of those. */
  async finishEmpty(): Promise<void> {
    for (const [fileIndex, { length, isPadding, isWanted }] of this.#options.files.entries())
      if (length === 0 && isWanted && !isPadding)
        await this.#parts.jobs.run({ type: 'finishFile', fileIndex });
  }

  /** Once it has a piece, a later run can tell by it that a file is ours. */
  async #nameEarly(fileIndex: number): Promise<void> {
    if (this.#options.isNamedEarly !== true) return;
    const naming = this.#named.get(fileIndex) ?? this.#giveName(fileIndex);
    this.#named.set(fileIndex, naming);
    await naming;
  }

  async #giveName(fileIndex: number): Promise<void> {
    await this.#parts.jobs.run({ type: 'nameFile', fileIndex });
  }

  async #finish(fileIndex: number): Promise<void> {
    const file = this.#options.files[fileIndex];
    if (file === undefined || file.isPadding) return;
    await this.#named.get(fileIndex);
    for (let tries = 0; ; tries += 1) {
      const { isRight } = await this.#parts.jobs.run({ type: 'finishFile', fileIndex });
      if (isRight) break;
      if (tries === MAX_TRIES) throw changedFile(file.path, FOUND_CHANGED);
      await this.#checkAgain(fileIndex, file);
    }
    this.#parts.onFinished(fileIndex);
    this.#options.onFileCompleted(fileIndex, file.path);
  }

  /** Hashes the pieces of a file that someone else may have changed. @throws {DownloadError} `CHANGED` if one is wrong now. */
  async #checkAgain(fileIndex: number, { path, partPath }: ContentFile): Promise<void> {
    const { fileLayout, stamps, shares, jobs } = this.#parts;
    const stamp = ownStamp(partPath) ?? ownStamp(path);
    if (stamp !== undefined) stamps.set(fileIndex, stamp);
    const { first = 0, last = -1 } = fileLayout.pieceRange(fileIndex) ?? {};
    const hasSpares = shares.isSelection;
    for (let index = first; index <= last; index += 1) {
      if (await jobs.check(index, { hasSpares, isAnew: true })) continue;
      stamps.disturb(fileIndex);
      throw changedFile(path, FOUND_CHANGED);
    }
  }
}

function foreignFile({ path }: ContentFile, found: FoundFile): DownloadError {
  const length = found.type === 'nothing' ? 0 : found.stamp.length;
  return new DownloadError({
    code: 'EXISTS',
    path,
    found: `there is a file of ${length} bytes that is not part of this download`,
  });
}
