/** What tells whether a file is still as it was left: three figures of the file system. */
export interface FileStamp {
  /** In bytes. */
  readonly length: number;
  /** When it was last written to, in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Which file it is, whatever it is called. */
  readonly inode: bigint;
}

/** What a stamp is made of: what the system says of an open file. */
export interface StampSource {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/** Figures of a file: length, time, inode. All are 0 while nothing is known. */
export const STAMP_FIGURES = 3;
const COUNTERS = 3;
const WRITING = 0;
const BEGUN = 1;
const DISTURBED = 2;

export function stampOf({ size, mtimeNs, ino }: StampSource): FileStamp {
  return { length: Number(size), mtimeNs, inode: ino };
}

/**
 * Remembers how this process left each file of a torrent, on memory that all its threads share. Whatever else a file
 * turns out to be was done to it by someone else: it is then *disturbed*, until it has been checked again.
 *
 * Where two threads write to a file at once, neither can tell what the other did from what someone else did, and neither
 * looks. What changes within one tick of the file system's clock looks unchanged.
 */
export class FileStamps {
  readonly memory: SharedArrayBuffer;
  readonly fileCount: number;
  readonly #figures: BigInt64Array;
  readonly #counters: Int32Array;
  /** The inode of the content's own folder. */
  readonly #folder: BigInt64Array;

  /** @param memory - Of another thread's. @defaultValue new memory */
  constructor(fileCount: number, memory?: SharedArrayBuffer) {
    const figuresLength = fileCount * STAMP_FIGURES * 8;
    this.memory = memory ?? new SharedArrayBuffer(8 + figuresLength + fileCount * COUNTERS * 4);
    this.fileCount = fileCount;
    this.#folder = new BigInt64Array(this.memory, 0, 1);
    this.#figures = new BigInt64Array(this.memory, 8, fileCount * STAMP_FIGURES);
    this.#counters = new Int32Array(this.memory, 8 + figuresLength);
  }

  /** The content's own folder, once it is known; 0 before. */
  get folderInode(): bigint {
    return this.#folder[0] ?? 0n;
  }

  set folderInode(inode: bigint) {
    this.#folder[0] = inode;
  }

  /** The length that a file must have by now. */
  length(fileIndex: number): number {
    return Number(this.#figures[fileIndex * STAMP_FIGURES] ?? 0n);
  }

  stamp(fileIndex: number): FileStamp {
    return stampAt(this.#figures, fileIndex);
  }

  /** Takes a file for what it is now, whoever made it so. */
  set(fileIndex: number, { length, mtimeNs, inode }: FileStamp): void {
    this.#figures.set([BigInt(length), mtimeNs, inode], fileIndex * STAMP_FIGURES);
    this.#counters[fileIndex * COUNTERS + DISTURBED] = 0;
  }

  /** Says that a write begins. @returns A ticket for the other methods; every one is handed back to {@link leave}. */
  enter(fileIndex: number): number {
    const at = fileIndex * COUNTERS;
    const ticket = Atomics.add(this.#counters, at + BEGUN, 1) + 1;
    return Atomics.add(this.#counters, at + WRITING, 1) === 0 ? ticket : -1;
  }

  /** Compares a file that is about to be written to with what it should be. */
  compare(fileIndex: number, ticket: number, found: StampSource): void {
    const known = this.stamp(fileIndex);
    const isNew = known.inode === 0n;
    const isAsLeft = isNew ? found.size === 0n : isSameStamp(known, stampOf(found));
    if (!isAsLeft && this.#isAlone(fileIndex, ticket)) this.disturb(fileIndex);
  }

  /** Learns what a write has made of a file. */
  wrote(fileIndex: number, ticket: number, { size, mtimeNs, ino }: StampSource): void {
    const at = fileIndex * STAMP_FIGURES;
    const figures = this.#figures;
    const isAlone = this.#isAlone(fileIndex, ticket);
    // Of two that write at once, the one that looked first may get here last.
    if (isAlone || size > (figures[at] ?? 0n)) figures[at] = size;
    if (isAlone || mtimeNs > (figures[at + 1] ?? 0n)) figures[at + 1] = mtimeNs;
    figures[at + 2] = ino;
  }

  leave(fileIndex: number): void {
    Atomics.sub(this.#counters, fileIndex * COUNTERS + WRITING, 1);
  }

  isSame(fileIndex: number, found: FileStamp): boolean {
    return isSameStamp(this.stamp(fileIndex), found);
  }

  /**
   * Whether a file is as it was left, as far as can be told: while it is being written to it cannot.
   *
   * @param look - Asks the system now.
   */
  isAsLeft(fileIndex: number, look: () => StampSource): boolean {
    const at = fileIndex * COUNTERS;
    const begun = Atomics.load(this.#counters, at + BEGUN);
    const isWritten = Atomics.load(this.#counters, at + WRITING) !== 0;
    const isSame = this.isSame(fileIndex, stampOf(look()));
    return isSame || isWritten || !this.#isAlone(fileIndex, begun);
  }

  /** Whether someone else changed a file: what it holds may be anything. */
  isDisturbed(fileIndex: number): boolean {
    return this.#counters[fileIndex * COUNTERS + DISTURBED] === 1;
  }

  disturb(fileIndex: number): void {
    this.#counters[fileIndex * COUNTERS + DISTURBED] = 1;
  }

  /** Returns the figures of all files; those of disturbed ones, and of files that are being written to, are 0. A copy. */
  snapshot(): BigInt64Array<ArrayBuffer> {
    const figures = new BigInt64Array(this.#figures);
    for (let fileIndex = 0; fileIndex < this.fileCount; fileIndex += 1) {
      const isWritten = this.#counters[fileIndex * COUNTERS + WRITING] !== 0;
      if (isWritten || this.isDisturbed(fileIndex)) setStamp(figures, fileIndex, undefined);
    }
    return figures;
  }

  /** Whether nobody else began to write to a file since the ticket was taken, and nobody was writing then. */
  #isAlone(fileIndex: number, ticket: number): boolean {
    return Atomics.load(this.#counters, fileIndex * COUNTERS + BEGUN) === ticket;
  }
}

/** Reads the figures of one file. */
export function stampAt(figures: BigInt64Array, fileIndex: number): FileStamp {
  const at = fileIndex * STAMP_FIGURES;
  return { length: Number(figures[at] ?? 0n), mtimeNs: figures[at + 1] ?? 0n, inode: figures[at + 2] ?? 0n };
}

/** Writes the figures of one file; none are all 0. */
export function setStamp(figures: BigInt64Array, fileIndex: number, stamp: FileStamp | undefined): void {
  const { length = 0, mtimeNs = 0n, inode = 0n } = stamp ?? {};
  figures.set([BigInt(length), mtimeNs, inode], fileIndex * STAMP_FIGURES);
}

/** Whether two stamps are of one file in one state. What is not known is the same as nothing. */
export function isSameStamp(one: FileStamp, other: FileStamp): boolean {
  const isKnown = one.inode !== 0n || one.mtimeNs !== 0n;
  return isKnown && one.length === other.length && one.mtimeNs === other.mtimeNs && one.inode === other.inode;
}
