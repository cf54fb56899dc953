import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PieceLayout } from '../../piece-layout.ts';
import { type FileTrouble, type HashedFile, type HashJob, IS_STOPPED } from './hash-job.ts';
import { HashThread } from './hash-thread.ts';
import { hashUnits } from './hash-units.ts';
import { packFiles } from './packed-files.ts';

/** What is hashed. */
export interface HashWork {
  /** Together they hold the bytes of all pieces, in order. */
  readonly files: readonly HashedFile[];
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  /** Which pieces, in order. @defaultValue all */
  readonly pieces?: readonly number[];
}

export interface HashOptions {
  /** Threads that hash, this one included. @defaultValue one for each core, but only as many as are worth their start */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told at least every tenth of a second, and at the end. */
  readonly onProgress?: ((hashedBytes: number) => void) | undefined;
  /** Told of each file that cannot be hashed, maybe by several threads; what it throws ends the work. */
  readonly onTrouble: (trouble: FileTrouble) => void;
}

/** What came of it: 20 bytes for each piece, and whether they are there. */
export type HashedPieces = Pick<HashJob, 'hashes' | 'isHashed'>;

/** More threads than this wait for memory or disks, not for cores. */
const MAX_THREADS = 32;
/** Bytes of neighbouring pieces that one thread takes at once, if a piece is not longer. */
const UNIT_BYTES = 2 * 1024 * 1024;
/** Work that makes one more thread worth its start, in bytes. */
const THREAD_BYTES = 24 * 1024 * 1024;
/** What opening a file costs, as bytes that are hashed in that time. */
const FILE_BYTES = 32 * 1024;
/** Time that this thread hashes without looking at anything else, in milliseconds. */
const TURN_MS = 8;
const PROGRESS_MS = 100;

/**
 * Reads and hashes pieces on this thread and on workers. This thread stays responsive.
 *
 * @throws what `onTrouble` throws; rejects with the signal's reason when it aborts.
 */
export async function hashFiles(work: HashWork, options: HashOptions): Promise<HashedPieces> {
  const { signal, onProgress, onTrouble } = options;
  signal?.throwIfAborted();
  const threadCount = threadsFor(work, options.threads);
  const job = openJob(work, threadCount);
  const failure = Promise.withResolvers<never>();
  const fail = (trouble: FileTrouble): void => {
    try {
      onTrouble(trouble);
    } catch (error) {
      failure.reject(error);
    }
  };
  const abort = (): void => failure.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const threads: HashThread[] = [];
  const progress = setInterval(() => onProgress?.(sumOf(job.hashedBytes)), PROGRESS_MS);
  try {
    if (threadCount > 1) threads.push(...startThreads(job, threadCount - 1, fail));
    await Promise.race([hashHere(job, fail).then(() => othersOf(job, threads)), failure.promise]);
    onProgress?.(sumOf(job.hashedBytes));
  } finally {
    clearInterval(progress);
    signal?.removeEventListener('abort', abort);
    Atomics.store(job.control, IS_STOPPED, 1);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return { hashes: job.hashes, isHashed: job.isHashed };
}

function startThreads(
  { files, ...job }: HashJob,
  count: number,
  onTrouble: (trouble: FileTrouble) => void,
): readonly HashThread[] {
  const packed = packFiles(files);
  return Array.from(
    { length: count },
    (_, index) => new HashThread({ job, files: packed, thread: index + 1 }, onTrouble),
  );
}

async function hashHere(job: HashJob, onTrouble: (trouble: FileTrouble) => void): Promise<void> {
  let turnEndMs = performance.now() + TURN_MS;
  for (const _ of hashUnits(job, 0, onTrouble)) {
    if (Atomics.load(job.control, IS_STOPPED) === 1) return;
    if (performance.now() < turnEndMs) continue;
    await nextTurn();
    turnEndMs = performance.now() + TURN_MS;
  }
}

/** Waits for those that have taken something. Who has not begun finds nothing left: its start need not be waited for. */
async function othersOf(job: HashJob, threads: readonly HashThread[]): Promise<void> {
  const begun = threads.filter((_, index) => Atomics.load(job.hasBegun, index + 1) === 1);
  await Promise.all(begun.map((thread) => thread.done));
}

function threadsFor({ layout, files, pieceLength, pieces }: HashWork, wanted: number | undefined): number {
  const pieceCount = pieces?.length ?? layout.pieceCount;
  const work = pieceCount * pieceLength + files.length * FILE_BYTES;
  const worthIt = Math.min(availableParallelism(), Math.floor(work / THREAD_BYTES));
  return Math.max(1, Math.min(wanted ?? worthIt, MAX_THREADS, pieceCount));
}

function openJob({ files, pieceLength, layout, pieces }: HashWork, threads: number): HashJob {
  const { pieceCount, totalLength } = layout;
  const numbers = new Uint32Array(new SharedArrayBuffer(4 * (pieces?.length ?? pieceCount)));
  if (pieces === undefined) for (let index = 0; index < pieceCount; index += 1) numbers[index] = index;
  else numbers.set(pieces);
  return {
    files,
    pieceLength,
    totalLength,
    pieces: numbers,
    unitLength: Math.max(1, Math.floor(UNIT_BYTES / pieceLength)),
    control: new Int32Array(new SharedArrayBuffer(8)),
    hasBegun: new Int32Array(new SharedArrayBuffer(4 * threads)),
    hashedBytes: new Float64Array(new SharedArrayBuffer(8 * threads)),
    hashes: new Uint8Array(new SharedArrayBuffer(20 * pieceCount)),
    isHashed: new Uint8Array(new SharedArrayBuffer(pieceCount)),
  };
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
