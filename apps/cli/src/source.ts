import { type Magnet, type Metainfo, parseMagnet, parseMetainfo } from '@millrace/metainfo';
import type { Context } from './context.ts';
import { readInput } from './read-input.ts';
import { UsageError } from './usage-error.ts';

/** What a command is about: a torrent that is known as a whole, or what is enough to get it from peers. */
export type Source =
  | { readonly type: 'torrent'; readonly metainfo: Metainfo }
  | { readonly type: 'magnet'; readonly magnet: Magnet };

const MAGNET = /^\s*magnet:/iu;
const WEB_ADDRESS = /^https?:\/\//iu;
const INFO_HASH = /^(?:[\da-f]{40}|[a-z2-7]{32})$/iu;

/**
 * Reads what people name a torrent by: a magnet link, an info hash (40 hexadecimal or 32 base32 digits), the web address
 * of a `.torrent` file, the path of one, or `-` for standard input, which may hold a magnet link as well.
 *
 * @throws {MetainfoError} if it is none, or malformed.
 * @throws {FetchError} if it cannot be had from the web.
 * @throws {UsageError} if it is too long for a torrent, or would have to be fetched around a proxy.
 */
export async function readSource(
  text: string,
  context: Context,
  flags: { readonly proxy?: string } = {},
): Promise<Source> {
  context.signal.throwIfAborted();
  if (MAGNET.test(text)) return magnetSource(text);
  if (INFO_HASH.test(text)) return magnetSource(`magnet:?xt=urn:btih:${text}`);
  if (WEB_ADDRESS.test(text)) {
    if (flags.proxy !== undefined) {
      throw new UsageError('Cannot fetch a torrent through a proxy: --proxy is for trackers, fetch it first');
    }
    const { fetchTorrent } = await import('./fetch-torrent.ts');
    return { type: 'torrent', metainfo: parseMetainfo(await fetchTorrent(text, context.signal)) };
  }
  const bytes = await readInput(text, context);
  const start = new TextDecoder().decode(bytes.subarray(0, 64));
  if (text === '-' && MAGNET.test(start)) return magnetSource(new TextDecoder().decode(bytes));
  return { type: 'torrent', metainfo: parseMetainfo(bytes) };
}

/** Returns the info hash, known of every source. */
export function infoHashOf(source: Source): Metainfo['infoHash'] {
  return source.type === 'torrent' ? source.metainfo.infoHash : source.magnet.infoHash;
}

/** Returns the trackers by tier: those that the user adds come first, as equals. */
export function trackersOf(source: Source, added: readonly string[] = []): readonly (readonly string[])[] {
  const own =
    source.type === 'torrent' ? source.metainfo.tiers : source.magnet.trackers.map((tracker) => [tracker]);
  return added.length === 0 ? own : [added, ...own];
}

function magnetSource(link: string): Source {
  return { type: 'magnet', magnet: parseMagnet(link) };
}
