import { FileLayout } from '../../file-layout.ts';
import { PieceLayout } from '../../piece-layout.ts';
import { createSha1, sha1 } from '../../sha1.ts';
import { FileReader } from './file-reader.ts';
import { type FileTrouble, type HashJob, IS_STOPPED, NEXT_UNIT } from './hash-job.ts';

/** Bytes read at once: they are hashed while they are in the core's own cache. */
const CHUNK_LENGTH = 256 * 1024;
const HASH_LENGTH = 20;

/**
 * Takes units of a job until there are none left, and hashes their pieces, synchronously. Yields after each chunk, so
 * that whoever runs it can do something else in between. Pieces of files that are in trouble get no hash.
 */
export function* hashUnits(
  job: HashJob,
  thread: number,
  onTrouble: (trouble: FileTrouble) => void,
): Generator<void, void, void> {
  const { control, pieces, unitLength } = job;
  const reader = new FileReader(job.files, onTrouble);
  const hasher = new UnitHasher(job, thread, reader);
  try {
    Atomics.store(job.hasBegun, thread, 1);
    while (Atomics.load(control, IS_STOPPED) === 0) {
      const begin = Atomics.add(control, NEXT_UNIT, 1) * unitLength;
      if (begin >= pieces.length) break;
      for (const index of pieces.subarray(begin, begin + unitLength)) yield* hasher.hash(index);
    }
    reader.finish();
  } finally {
    reader.close();
  }
}

class UnitHasher {
  readonly #job: HashJob;
  readonly #thread: number;
  readonly #reader: FileReader;
  readonly #layout: PieceLayout;
  readonly #fileLayout: FileLayout;
  readonly #chunk: Uint8Array;

  constructor(job: HashJob, thread: number, reader: FileReader) {
    const { files, pieceLength, totalLength } = job;
    this.#job = job;
    this.#thread = thread;
    this.#reader = reader;
    this.#layout = new PieceLayout({ pieceLength, totalLength });
    const lengths = files.map((file) => file.length);
    this.#fileLayout = new FileLayout(this.#layout, lengths);
    this.#chunk = new Uint8Array(Math.min(CHUNK_LENGTH, this.#layout.maxPieceLength));
  }

  *hash(index: number): Generator<void, void, void> {
    const chunk = this.#chunk;
    // A hash of one chunk is one call; only longer ones need an object.
    const stream = this.#layout.pieceLength(index) > chunk.length ? createSha1() : undefined;
    let filled = 0;
    for (const { fileIndex, fileOffset, length } of this.#fileLayout.spans(index)) {
      for (let done = 0; done < length;) {
        if (filled === chunk.length) {
          stream?.update(chunk);
          this.#count(filled);
          filled = 0;
          yield;
        }
        const count = Math.min(chunk.length - filled, length - done);
        if (!this.#reader.read(fileIndex, fileOffset + done, chunk, filled, count)) return;
        done += count;
        filled += count;
      }
    }
    const rest = chunk.subarray(0, filled);
    stream?.update(rest);
    this.#job.hashes.set(stream?.digest() ?? sha1(rest), index * HASH_LENGTH);
    this.#job.isHashed[index] = 1;
    this.#count(filled);
    yield;
  }

  #count(length: number): void {
    const { hashedBytes } = this.#job;
    hashedBytes[this.#thread] = (hashedBytes[this.#thread] ?? 0) + length;
  }
}
