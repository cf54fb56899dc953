import type { FileLayout } from '@millrace/metainfo';
import type { Bitfield } from '@millrace/peer-wire';
import { NO_STATISTICS, type TransferTotals } from '../statistics.ts';
import type { ContentFile } from './content-files.ts';
import { isSameStamp, setStamp, stampAt, type FileStamp, type FileStamps } from './file-stamps.ts';
import type { FoundFile } from './found-files.ts';
import type { ResumeFile } from './resume-file.ts';
import {
  decodeResumeState,
  maxResumeStateLength,
  type ResumeIdentity,
  type ResumeState,
} from './resume-state.ts';
import type { SyncedFiles } from './synced-files.ts';

/** What is to be known of a store to remember what is in it. */
export interface JournaledStore {
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  readonly stamps: FileStamps;
}

export interface LastRunOptions {
  readonly file: ResumeFile;
  readonly identity: ResumeIdentity;
  /** Whether nothing of what is remembered is believed. */
  readonly recheck: boolean;
}

const ALL: Pick<Bitfield, 'has'> = { has: () => true };
const NOTHING: FoundFile = { type: 'nothing' };

/**
 * What the last run left behind, as far as it may be believed: a piece is taken for there only if all its files are as they
 * were left, and of what had not reached the disk nothing is once the system has started anew.
 */
export class LastRun {
  readonly #options: LastRunOptions;
  readonly #boot: Uint8Array;
  #state: ResumeState | undefined;

  /** @param boot - Which run of the system this is; empty where that is not known. */
  constructor(options: LastRunOptions, boot: Uint8Array) {
    this.#options = options;
    this.#boot = boot;
    this.reload();
  }

  /** What it and those before it brought. */
  get totals(): TransferTotals {
    return this.#state?.totals ?? NO_STATISTICS.restored;
  }

  /** Which files it was to download, and whether it has; `undefined` if there was none. */
  get selection(): Pick<ResumeState, 'selected' | 'isFinished'> | undefined {
    return this.#state && { selected: this.#state.selected, isFinished: this.#state.isFinished };
  }

  /** Looks again: a run that was still going on may have saved since. */
  reload(): void {
    this.#state = loadResumeState(this.#options.file, this.#options.identity);
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
    const state = this.#believed();
    if (state === undefined) return () => undefined;
    const { selected = ALL, pieces, stamps, isClean } = state;
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

  /** Whether it had a file when it was cut short: what is in it may be anything, and yet it is ours. */
  hadOpen(fileIndex: number, { inode }: FileStamp): boolean {
    const state = this.#state;
    return (
      state !== undefined &&
      !state.isClean &&
      inode !== 0n &&
      stampAt(state.stamps, fileIndex).inode === inode
    );
  }

  /** Hands on what is known of files that are not wanted now, and what had been synced. Answers with the pieces of those files. */
  handOn({ files, fileLayout, stamps }: JournaledStore, synced: SyncedFiles): readonly number[] {
    const state = this.#believed();
    if (state === undefined) return [];
    const isKnown = files.map(
      ({ isPadding }, fileIndex) => isPadding || stampAt(state.stamps, fileIndex).inode !== 0n,
    );
    for (const fileIndex of files.keys()) {
      const stamp = stampAt(state.stamps, fileIndex);
      if (files[fileIndex]?.isWanted !== true && isKnown[fileIndex] === true) stamps.set(fileIndex, stamp);
      if (!state.unsynced.has(fileIndex)) synced.add(fileIndex, stamp);
    }
    const isOther = (index: number): boolean =>
      fileLayout
        .spans(index)
        .every(({ fileIndex }) => isKnown[fileIndex] === true && files[fileIndex]?.isWanted !== true);
    return files.some(({ isWanted }) => !isWanted) ? [...state.pieces].filter(isOther) : [];
  }

  /** The state that was left, as far as it may be believed. */
  #believed(): ResumeState | undefined {
    const state = this.#options.recheck ? undefined : this.#state;
    if (state === undefined || isSameBoot(state.boot, this.#boot)) return state;
    const stamps = state.stamps.slice();
    for (const fileIndex of state.unsynced) setStamp(stamps, fileIndex, undefined);
    return { ...state, stamps };
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
