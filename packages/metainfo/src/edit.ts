import { encode, type Encodable } from '@millrace/bencode';
import { Cursor } from './cursor.ts';
import { MetainfoError } from './error.ts';
import { formatInfoHash } from './info-hash.ts';
import { parseMetainfo } from './parse.ts';
import { quote } from './quote.ts';
import { trackerFields, webSeedField } from './torrent-plan.ts';

/** What is to be said outside the `info` dictionary. What is not given stays as it is, to the byte. */
export interface TorrentEdits {
  /** Tracker URLs by tier (BEP 12), instead of those that are there; none takes them all away. */
  readonly tiers?: readonly (readonly string[])[];
  /** URLs of `url-list` (BEP 19), instead of those that are there; none takes them all away. */
  readonly webSeeds?: readonly string[];
  /** `null` takes it away. */
  readonly comment?: string | null;
}

/** An entry of the outermost dictionary; keys have one UTF-16 unit for each byte. */
interface Entry {
  readonly key: string;
  /** Key and value as they are encoded. */
  readonly bytes: Uint8Array;
}

/**
 * Changes what a `.torrent` file says outside its `info` dictionary. That dictionary, canonical or not, keeps its bytes and so
 * its hash, which is checked; all other entries keep theirs, and their order.
 *
 * @returns The bytes of the changed torrent; the caller owns them.
 * @throws {MetainfoError} as `parseMetainfo` does.
 * @throws {RangeError} if a URL or the comment is no text that can be written.
 */
export function editTorrent(torrent: Uint8Array, edits: TorrentEdits): Uint8Array<ArrayBuffer> {
  const before = parseMetainfo(torrent);
  const { entries, rest } = split(torrent);
  const edited = join(replaceEntries(entries, fieldsOf(edits)), rest);
  const after = parseMetainfo(edited);
  if (!isSame(before.infoBytes, after.infoBytes) || !isSame(before.infoHash, after.infoHash)) {
    const [actual, expected] = [formatInfoHash(after.infoHash), formatInfoHash(before.infoHash)];
    throw new MetainfoError({ code: 'INFO_HASH_MISMATCH', field: 'info', actual, expected });
  }
  return edited;
}

/** Returns the fields to write; `undefined` is one to take away. */
function fieldsOf({ tiers, webSeeds, comment }: TorrentEdits): ReadonlyMap<string, Encodable | undefined> {
  for (const text of [...(tiers ?? []).flat(), ...(webSeeds ?? []), comment ?? '']) requireText(text);
  const fields = new Map<string, Encodable | undefined>();
  if (tiers !== undefined) {
    for (const [key, value] of Object.entries(trackerFields(tiers))) fields.set(key, value);
  }
  if (webSeeds !== undefined) fields.set('url-list', webSeedField(webSeeds));
  if (comment !== undefined) {
    fields.set('comment', comment ?? undefined);
    fields.set('comment.utf-8', undefined); // an older spelling of the same, which readers prefer
  }
  return fields;
}

/** U+FFFD stands for bytes that were not text, as in what was read of this very torrent: they would be lost. */
function requireText(text: string): void {
  if (text.isWellFormed() && !text.includes('\uFFFD')) return;
  throw new RangeError(`Cannot edit torrent: ${quote(text)} is no text that can be written`);
}

/** Puts new values where the old ones are, and those that are new where they belong by their key. */
function replaceEntries(
  entries: readonly Entry[],
  fields: ReadonlyMap<string, Encodable | undefined>,
): readonly Uint8Array[] {
  const known = new Set(entries.map(({ key }) => key));
  const added = [...fields].filter(([key]) => !known.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts: Uint8Array[] = [];
  const addBefore = (key: string | undefined): void => {
    for (let [next] = added; next !== undefined; [next] = added) {
      if (key !== undefined && next[0] > key) return;
      added.shift();
      parts.push(encodeEntry(...next));
    }
  };
  for (const { key, bytes } of entries) {
    addBefore(key);
    parts.push(fields.has(key) ? encodeEntry(key, fields.get(key)) : bytes);
  }
  addBefore(undefined);
  return parts;
}

function encodeEntry(key: string, value: Encodable | undefined): Uint8Array {
  // A dictionary of one entry, without its ends.
  return value === undefined ? new Uint8Array() : encode({ [key]: value }).subarray(1, -1);
}

/** Takes a torrent apart, which `parseMetainfo` has found to be one. */
function split(torrent: Uint8Array): { readonly entries: readonly Entry[]; readonly rest: Uint8Array } {
  const cursor = new Cursor(torrent, 0);
  const entries: Entry[] = [];
  cursor.step();
  while (cursor.kind !== undefined) {
    const begin = cursor.offset;
    const key = String.fromCharCode(...cursor.takeBytes().subarray(0, MAX_KEY_LENGTH));
    cursor.skip();
    entries.push({ key, bytes: torrent.subarray(begin, cursor.offset) });
  }
  return { entries, rest: torrent.subarray(cursor.offset + 1) };
}

/** Longer keys are no ones that are known here; of them the start is enough. */
const MAX_KEY_LENGTH = 64;

function join(entries: readonly Uint8Array[], rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts = [Uint8Array.of(LETTER_D), ...entries, Uint8Array.of(LETTER_E), rest];
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const LETTER_D = 0x64;
const LETTER_E = 0x65;

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
