import { MetainfoError } from './error.ts';
import { Fields } from './fields.ts';
import { formatInfoHash, infoHash, type InfoHash } from './info-hash.ts';
import { IssueList } from './issue.ts';
import { MAX_TORRENT_BYTES } from './limits.ts';
import type { Metainfo } from './metainfo.ts';
import { openInfo, openTorrent } from './open.ts';
import { readInfo } from './parse-info.ts';
import { NO_OUTER_FIELDS, readOuterFields } from './parse-outer.ts';
import { sha1 } from './sha1.ts';

export interface ParseOptions {
  /** Whether to refuse whatever would otherwise be listed in `issues`. @defaultValue false */
  readonly strict?: boolean;
  /** Largest input read, in bytes. @defaultValue 33_554_432 */
  readonly maxBytes?: number;
}

/**
 * Reads a `.torrent` file of version 1.
 *
 * What real clients forgive (keys out of order, an unknown key twice, bytes after the end) is read and listed in
 * `issues`; the info hash is always that of the bytes as they are.
 *
 * @returns What it says. Byte arrays in it are views of `bytes`, which must not change meanwhile.
 * @throws {MetainfoError} of the code that says what is wrong, and never anything else.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3}
 */
export function parseMetainfo(bytes: Uint8Array, options: ParseOptions = {}): Metainfo {
  const issues = new IssueList(options.strict ?? false);
  requireSize(bytes, '', options);
  const root = new Fields(openTorrent(bytes, issues), '', issues);
  const info = readInfo(root.require('info', 'dict'), issues);
  return { ...info, ...readOuterFields(root, issues), issues: issues.items };
}

/**
 * Reads an `info` dictionary alone, as peers send it for a magnet link (BEP 9).
 *
 * @param expected - The info hash it must have; it is compared before anything else is read.
 * @throws {MetainfoError} `INFO_HASH_MISMATCH`, or as {@link parseMetainfo}.
 */
export function parseInfo(infoBytes: Uint8Array, expected?: InfoHash, options: ParseOptions = {}): Metainfo {
  const issues = new IssueList(options.strict ?? false);
  requireSize(infoBytes, 'info', options);
  if (expected !== undefined) requireHash(infoBytes, expected);
  const info = readInfo(openInfo(infoBytes, issues), issues);
  return { ...info, ...NO_OUTER_FIELDS, issues: issues.items };
}

function requireSize(bytes: Uint8Array, field: string, { maxBytes = MAX_TORRENT_BYTES }: ParseOptions): void {
  if (bytes.length > maxBytes) {
    throw new MetainfoError({ code: 'TOO_LARGE', field, length: bytes.length, maxBytes });
  }
}

function requireHash(infoBytes: Uint8Array, expected: InfoHash): void {
  const actual = formatInfoHash(infoHash(sha1(infoBytes)));
  if (actual !== formatInfoHash(expected)) {
    throw new MetainfoError({
      code: 'INFO_HASH_MISMATCH',
      field: 'info',
      actual,
      expected: formatInfoHash(expected),
    });
  }
}
