import type { BencodeNode } from '@millrace/bencode';
import { MetainfoError } from './error.ts';
import { bytesOf, Fields, integerOf } from './fields.ts';
import { infoHash } from './info-hash.ts';
import type { IssueList } from './issue.ts';
import { MAX_PIECE_LENGTH, MAX_PIECES } from './limits.ts';
import type { Metainfo } from './metainfo.ts';
import { readFiles } from './parse-files.ts';
import { PieceLayout } from './piece-layout.ts';
import { sha1 } from './sha1.ts';

/** What a torrent's `info` dictionary says. */
export type InfoFields = Omit<
  Metainfo,
  'tiers' | 'comment' | 'createdBy' | 'createdAt' | 'webSeeds' | 'httpSeeds' | 'nodes' | 'issues'
>;

const HASH_LENGTH = 20;

export function readInfo(node: BencodeNode, issues: IssueList): InfoFields {
  const fields = new Fields(node, 'info', issues);
  checkVersion(fields, issues);
  const pieceLength = readPieceLength(fields);
  const [nameKey, nameBytes] = readName(fields);
  const name = fields.text(nameBytes, nameKey);
  if (/^\.{0,2}$/.test(name)) {
    issues.add({ code: 'INVALID_PATH', field: fields.field(nameKey), component: name });
  }
  const { files, isSingleFile, totalLength } = readFiles(fields, issues);
  const layout = new PieceLayout({ pieceLength, totalLength });
  const pieceHashes = readPieceHashes(fields, layout);
  const source = fields.optionalText('source');
  return {
    version: 'v1',
    infoBytes: node.raw,
    infoHash: infoHash(sha1(node.raw)),
    name,
    nameBytes,
    isSingleFile,
    pieceLength,
    layout,
    pieceHashes,
    files,
    isPrivate: readIsPrivate(fields, issues),
    ...(source === undefined ? {} : { source }),
  };
}

/** BEP 52: a torrent of version 2 can be read as long as it also has the pieces of version 1. */
function checkVersion(fields: Fields, issues: IssueList): void {
  const version = fields.optionalInteger('meta version') ?? (fields.has('file tree') ? 2 : 1);
  if (version === 1) return;
  const detail = {
    code: 'UNSUPPORTED_META_VERSION',
    field: fields.field('meta version'),
    version: Number(version),
  } as const;
  if (version !== 2 || !fields.has('pieces')) throw new MetainfoError(detail);
  issues.add(detail);
}

function readName(fields: Fields): readonly [key: string, bytes: Uint8Array] {
  const utf8 = fields.optional('name.utf-8', 'bytes');
  return utf8 === undefined
    ? ['name', bytesOf(fields.require('name', 'bytes'))]
    : ['name.utf-8', bytesOf(utf8)];
}

function readPieceLength(fields: Fields): number {
  const pieceLength = integerOf(fields.require('piece length', 'int'));
  if (typeof pieceLength === 'bigint' || pieceLength < 1 || pieceLength > MAX_PIECE_LENGTH) {
    const field = fields.field('piece length');
    throw new MetainfoError({
      code: 'INVALID_PIECE_LENGTH',
      field,
      pieceLength,
      maxPieceLength: MAX_PIECE_LENGTH,
    });
  }
  return pieceLength;
}

function readPieceHashes(fields: Fields, { pieceCount }: PieceLayout): Uint8Array {
  const field = fields.field('pieces');
  const hashes = bytesOf(fields.require('pieces', 'bytes'));
  if (hashes.length !== pieceCount * HASH_LENGTH) {
    throw new MetainfoError({ code: 'PIECE_COUNT_MISMATCH', field, hashBytes: hashes.length, pieceCount });
  }
  if (pieceCount > MAX_PIECES) {
    throw new MetainfoError({ code: 'TOO_MANY_PIECES', field, count: pieceCount, maxCount: MAX_PIECES });
  }
  return hashes;
}

/** BEP 27 knows only 1, but what is not 0 was meant to be private. */
function readIsPrivate(fields: Fields, issues: IssueList): boolean {
  const value = fields.optionalInteger('private') ?? 0;
  if (value !== 0 && value !== 1) {
    issues.add({
      code: 'INVALID_VALUE',
      field: fields.field('private'),
      value: String(value),
      expected: '0 or 1',
    });
  }
  return value !== 0;
}
