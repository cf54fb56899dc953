import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import type { Context } from './context.ts';
import { UsageError } from './usage-error.ts';

/** Longest torrent or bencoded input that is read, in bytes: what `parseMetainfo` takes. */
const MAX_INPUT_BYTES: number = 32 * 1024 * 1024;
const CHUNK_LENGTH = 64 * 1024;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Reads a file, or standard input for `-`.
 *
 * @throws {UsageError} if there are more than 32 MiB.
 */
export async function readInput(path: string, context: Context): Promise<Uint8Array> {
  const { terminal, signal } = context;
  signal.throwIfAborted();
  // Read by chunks, not by the size the system tells: a pipe has none, and a file may be far longer than any torrent.
  const source: Chunks = path === '-' ? terminal.stdin(signal) : chunksOf(path, signal);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > MAX_INPUT_BYTES) {
        const subject = path === '-' ? 'standard input' : `"${path}"`;
        throw new UsageError(
          `Cannot read ${subject}: it is longer than ${MAX_INPUT_BYTES} bytes, no torrent is`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted(); // a stream wraps the reason, which has to come out as it is
    // Reading, unlike opening, does not tell what it was that could not be read.
    if (error instanceof Error && 'syscall' in error && !('path' in error)) Object.assign(error, { path });
    throw error;
  }
  return join(chunks, length);
}

/** What may keep us waiting, such as a pipe, is a stream: that can be given up. */
function chunksOf(path: string, signal: AbortSignal): Chunks {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? fileChunks(path) : createReadStream(path, { signal });
}

function* fileChunks(path: string): Generator<Uint8Array, void, void> {
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_LENGTH);
      const count = readSync(fd, chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
