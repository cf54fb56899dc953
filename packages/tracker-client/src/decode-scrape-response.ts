import type { BencodeValue } from '@millrace/bencode';
import { AnswerFields } from './answer-fields.ts';
import { readAnswer } from './read-answer.ts';
import type { ScrapeEntry, ScrapeIssue, ScrapeResponse } from './scrape.ts';

export interface DecodeScrapeOptions {
  /** The tracker that answered, for errors; its passkey is left out of them. */
  readonly tracker?: string;
}

const HASH_LENGTH = 20;

/**
 * Decodes the body of an answer to a scrape. Trackers are sloppy: a count that is missing counts as 0, a torrent with
 * one that is no count is dropped, and bencode that is not canonical is read; all are `issues`. The answer may tell of
 * torrents nobody asked for.
 *
 * @throws {TrackerError} `FAILURE` if the tracker refuses, `MALFORMED` if the body is no bencoded dictionary.
 * @see {@link https://www.bittorrent.org/beps/bep_0048.html | BEP 48}
 */
export function decodeScrapeResponse(body: Uint8Array, options: DecodeScrapeOptions = {}): ScrapeResponse {
  const { fields, issues: first } = readAnswer(body, options.tracker);
  const issues: ScrapeIssue[] = [...first];
  const { entries, droppedCount } = readFiles(fields);
  issues.push(...fields.issues);
  const minIntervalMs = readMinInterval(fields.get('flags'), issues);
  if (droppedCount > 0) issues.push({ code: 'ENTRIES_DROPPED', count: droppedCount });
  return { entries, ...(minIntervalMs === undefined ? {} : { minIntervalMs }), issues };
}

function readFiles(fields: AnswerFields): { entries: Map<string, ScrapeEntry>; droppedCount: number } {
  const entries = new Map<string, ScrapeEntry>();
  const files = fields.get('files');
  if (files === undefined) fields.issues.push({ code: 'MISSING_FIELD', field: 'files' });
  else if (!(files instanceof Map)) fields.invalid('files');
  if (!(files instanceof Map)) return { entries, droppedCount: 0 };
  let droppedCount = 0;
  for (const [key, value] of files as ReadonlyMap<string, BencodeValue>) {
    const entry = key.length === HASH_LENGTH ? readEntry(value) : undefined;
    if (entry === undefined) droppedCount += 1;
    else entries.set(hexOf(key), entry);
  }
  return { entries, droppedCount };
}

function readEntry(value: BencodeValue): ScrapeEntry | undefined {
  if (!(value instanceof Map)) return undefined;
  const fields = new AnswerFields(value);
  const entry = {
    seeders: fields.count('complete') ?? 0,
    leechers: fields.count('incomplete') ?? 0,
    downloads: fields.count('downloaded') ?? 0,
  };
  return fields.issues.length === 0 ? entry : undefined;
}

function readMinInterval(flags: BencodeValue | undefined, issues: ScrapeIssue[]): number | undefined {
  if (flags === undefined) return undefined;
  if (!(flags instanceof Map)) {
    issues.push({ code: 'INVALID_FIELD', field: 'flags' });
    return undefined;
  }
  const fields = new AnswerFields(flags);
  const minIntervalMs = fields.intervalMs('min_request_interval');
  issues.push(...fields.issues);
  return minIntervalMs;
}

/** Writes a key, one unit a byte, as hex digits. */
function hexOf(key: string): string {
  return Array.from(key, (unit) => unit.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
