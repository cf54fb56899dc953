import { closeSync, fstatSync, readv, readvSync, type BigIntStats } from 'node:fs';
import type { FileLayout } from '@millrace/metainfo';
import type { ContentFile } from './content-files.ts';
import { ContentRoot } from './content-root.ts';
import type { OpenFile } from './file-io.ts';
import type { FileStamps } from './file-stamps.ts';
import { ownLength } from './safe-open.ts';

export interface PieceReaderOptions {
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  /** How each file was left: what is found otherwise was changed by someone else. */
  readonly stamps: FileStamps;
  /** Time in milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

/** A part of a file, and where it goes. */
interface Reading {
  readonly fileIndex: number;
  readonly fileOffset: number;
  readonly targets: readonly Uint8Array[];
}

/** Time that a read may take before the system is asked to do it by itself: more is a disk that has to be waited for. */
const MAX_READ_MS = 10;
/** For how long it is asked to, then. */
const SLOW_DISK_MS = 30_000;
/** Files kept open. */
const MAX_OPEN = 32;

/**
 * Reads parts of pieces for those who asked for them. What is in the system's cache is read at once, on the calling
 * thread; where reads take longer, they are left to the system for a while. A file that is whole, and is not as it was when
 * that was verified, is read no more.
 */
export class PieceReader {
  readonly #options: PieceReaderOptions;
  readonly #root: ContentRoot;
  /** Files that have their final names: no one may change them. */
  readonly #final = new Set<number>();
  #slowUntilMs = -Infinity;

  constructor(options: PieceReaderOptions) {
    this.#options = options;
    this.#root = new ContentRoot(options.root, options.stamps, MAX_OPEN);
  }

  /** See `PieceStore.read`. @throws {DownloadError}, and what the system reports. */
  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean> {
    const readings = this.#readings(index, begin, targets);
    const startMs = this.#options.now();
    if (startMs < this.#slowUntilMs) return this.#readLater(readings);
    const isRight = readings.every((reading) => this.#readNow(reading));
    const endMs = this.#options.now();
    if (endMs - startMs > MAX_READ_MS) this.#slowUntilMs = endMs + SLOW_DISK_MS;
    return isRight;
  }

  /** A file has its final name now. */
  finished(fileIndex: number): void {
    this.#root.release(fileIndex);
  }

  close(): void {
    this.#root.close();
  }

  #readNow({ fileIndex, fileOffset, targets }: Reading): boolean {
    const file = this.#openFile(fileIndex);
    if (file === undefined || !this.#isAsLeft(fileIndex, file)) return false;
    return readvSync(file.fd, targets, fileOffset) === lengthOf(targets);
  }

  async #readLater(readings: readonly Reading[]): Promise<boolean> {
    for (const { fileIndex, fileOffset, targets } of readings) {
      const known = this.#openFile(fileIndex);
      if (known === undefined || !this.#isAsLeft(fileIndex, known)) return false;
      // Opened anew: the one that is kept may be closed meanwhile.
      const fd = this.#root.open(known.path, 'read');
      try {
        if ((await readAt(fd, targets, fileOffset)) !== lengthOf(targets)) return false;
      } finally {
        closeSync(fd);
      }
    }
    return true;
  }

  /** Divides what is read among the files that it is in. Padding is zeros, and is not read. */
  #readings(index: number, begin: number, targets: readonly Uint8Array[]): readonly Reading[] {
    const { fileLayout, files } = this.#options;
    const length = lengthOf(targets);
    const spans = fileLayout.spans(index);
    const [only] = spans;
    if (only !== undefined && spans.length === 1 && files[only.fileIndex]?.isPadding === false)
      return [{ fileIndex: only.fileIndex, fileOffset: only.fileOffset + begin, targets }];
    const readings: Reading[] = [];
    for (const span of spans) {
      const from = Math.max(begin, span.begin);
      const to = Math.min(begin + length, span.begin + span.length);
      if (from >= to) continue;
      const parts = cut(targets, from - begin, to - begin);
      if (files[span.fileIndex]?.isPadding === true) for (const part of parts) part.fill(0);
      else
        readings.push({
          fileIndex: span.fileIndex,
          fileOffset: span.fileOffset + from - span.begin,
          targets: parts,
        });
    }
    return readings;
  }

  #openFile(fileIndex: number): OpenFile | undefined {
    const kept = this.#root.kept(fileIndex);
    if (kept !== undefined) return kept;
    const file = this.#options.files[fileIndex];
    if (file === undefined) return undefined;
    const isFinal = ownLength(file.path) !== undefined;
    const path = isFinal ? file.path : file.partPath;
    if (!isFinal && ownLength(path) === undefined) return undefined;
    const opened = { fd: this.#root.open(path, 'read'), path };
    this.#root.keep(fileIndex, opened);
    if (isFinal) this.#final.add(fileIndex);
    else this.#final.delete(fileIndex);
    return opened;
  }

  /** Whether a file holds what was verified. Of one that is being written to, its length is all that can be told here. */
  #isAsLeft(fileIndex: number, { fd }: OpenFile): boolean {
    const { stamps } = this.#options;
    if (stamps.isDisturbed(fileIndex)) return false;
    if (!this.#final.has(fileIndex)) return true;
    let isThere = false;
    const look = (): BigIntStats => {
      const found = fstatSync(fd, { bigint: true });
      isThere = found.nlink > 0n;
      return found;
    };
    return stamps.isAsLeft(fileIndex, look) && isThere;
  }
}

function lengthOf(targets: readonly Uint8Array[]): number {
  let length = 0;
  for (const target of targets) length += target.length;
  return length;
}

/** Returns views of what lies from `from` up to `to`, counted over all of them. */
function cut(targets: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const target of targets) {
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, target.length);
    if (start < end) parts.push(target.subarray(start, end));
    at += target.length;
  }
  return parts;
}

function readAt(fd: number, targets: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    readv(fd, targets, position, (error, length) => {
      if (error === null) resolve(length);
      else reject(error);
    });
  });
}
