import { type FileRange, formatFileRange, isFileRange } from './file-ranges.ts';
import { toHex } from './hex.ts';
import { formatInfoHash } from './info-hash.ts';
import type { MagnetInit, MagnetParameter } from './magnet.ts';
import { parseExactTopic } from './magnet-hash.ts';
import { formatMagnetPeer, isMagnetPeer, type MagnetPeer } from './magnet-peer.ts';
import { plainKey, unescapeText } from './magnet-text.ts';
import { quote } from './quote.ts';

const KNOWN_KEYS: ReadonlySet<string> = new Set(['xt', 'dn', 'xl', 'tr', 'ws', 'xs', 'as', 'x.pe', 'so']);

/**
 * Writes a magnet link that `parseMagnet` reads back as it was; `issues` are not written, and empty text and empty lists
 * are left out.
 *
 * @throws {RangeError} if a peer, a range or a parameter of `others` cannot stand in a link.
 */
export function formatMagnet(magnet: MagnetInit): string {
  const { multihash, name, length, selection = [] } = magnet;
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new RangeError(
      `Cannot write magnet link with length ${length}: it must be a whole number of bytes`,
    );
  }
  const parameters = [
    `xt=urn:btih:${formatInfoHash(magnet.infoHash)}`,
    ...(multihash === undefined ? [] : [formatMultihash(multihash)]),
    ...formatTexts('dn', name === undefined ? [] : [name]),
    ...(length === undefined ? [] : [`xl=${length}`]),
    ...formatTexts('tr', magnet.trackers),
    ...formatTexts('ws', magnet.webSeeds),
    ...formatTexts('xs', magnet.exactSources),
    ...formatTexts('as', magnet.acceptableSources),
    ...(magnet.peers ?? []).map(formatPeer),
    ...(selection.length === 0 ? [] : [`so=${selection.map(formatRange).join(',')}`]),
    ...(magnet.others ?? []).map(formatOther),
  ];
  return `magnet:?${parameters.join('&')}`;
}

function formatTexts(key: string, texts: readonly string[] = []): string[] {
  return texts
    .filter((text) => text !== '')
    .map((text) => `${key}=${encodeURIComponent(text.toWellFormed())}`);
}

function formatMultihash(multihash: Uint8Array): string {
  const urn = `urn:btmh:${toHex(multihash)}`;
  if (parseExactTopic(urn).type !== 'multihash') {
    throw new RangeError(`Cannot write magnet link: ${multihash.length} bytes given are no multihash`);
  }
  return `xt=${urn}`;
}

function formatPeer(peer: Pick<MagnetPeer, 'host' | 'port'>): string {
  const text = formatMagnetPeer(peer);
  if (!isMagnetPeer(peer)) {
    throw new RangeError(
      `Cannot write magnet link with peer ${quote(text)}: it must be an address and a port`,
    );
  }
  return `x.pe=${text}`;
}

function formatRange(range: FileRange): string {
  if (!isFileRange(range)) {
    throw new RangeError(
      `Cannot write magnet link with files ${formatFileRange(range)}: first and last must be indices in order`,
    );
  }
  return formatFileRange(range);
}

function formatOther({ key, value }: MagnetParameter): string {
  const text = `${key}=${value}`;
  const isOther =
    !KNOWN_KEYS.has(plainKey(key)) ||
    (plainKey(key) === 'xt' && parseExactTopic(unescapeText(value).trim()).type === 'unknown');
  if (!isOther || !/^(?!amp;)[^&=\s]+$/i.test(key) || /[&\s]/.test(value)) {
    throw new RangeError(
      `Cannot write magnet link with parameter ${quote(text)}: it must be an unknown one, and escaped`,
    );
  }
  return text.toWellFormed();
}
