import { createReadStream } from 'node:fs';
import type { Context } from './context.ts';
import { UsageError } from './usage-error.ts';

/** Longest torrent or bencoded input that is read, in bytes: what `parseMetainfo` takes. */
const MAX_INPUT_BYTES: number = 32 * 1024 * 1024;

/**
 * Reads a file, or standard input for `-`.
 *
 * @throws {UsageError} if there are more than 32 MiB.
 */
export async function readInput(path: string, context: Context): Promise<Uint8Array> {
  const { terminal, signal } = context;
  signal.throwIfAborted();
  // Read by chunks, not by the size the system tells: a pipe has none, and a file may be far longer than any torrent.
  const source = path === '-' ? terminal.stdin(signal) : createReadStream(path, { signal });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
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

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
