import { type Metainfo, parseMetainfo } from '@millrace/metainfo';
import type { Context } from './context.ts';
import { readInput } from './read-input.ts';
import { shellQuote } from './shell-quote.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads and parses a `.torrent` file, or standard input for `-`.
 *
 * @throws {UsageError} for what people may well take for a torrent, and is none yet.
 */
export async function readTorrent(path: string, context: Context): Promise<Metainfo> {
  if (/^magnet:/iu.test(path)) {
    throw new UsageError('Cannot read a magnet link: only .torrent files can be read so far');
  }
  if (/^https?:\/\//iu.test(path)) {
    const command = `curl -sL ${shellQuote([path])} | millrace download -`;
    throw new UsageError(`Cannot read a torrent from the web: fetch it first, as in: ${command}`);
  }
  return parseMetainfo(await readInput(path, context));
}
