import type { BencodeNode } from '@millrace/bencode';
import { MetainfoError } from './error.ts';
import { bytesOf, Fields, integerOf, requireKind } from './fields.ts';
import type { IssueList } from './issue.ts';
import { MAX_FILES, MAX_PATH_DEPTH, MAX_TOTAL_LENGTH } from './limits.ts';
import type { Metainfo, TorrentFile } from './metainfo.ts';
import { ParsedFile } from './parsed-file.ts';
import { toText } from './text.ts';

type FileFields = Pick<Metainfo, 'files' | 'isSingleFile'> & { readonly totalLength: number };

/** Reads `files`, or `length` if that is not there. */
export function readFiles(fields: Fields, issues: IssueList): FileFields {
  if (!fields.has('files')) {
    const totalLength = readLength(fields, 1);
    return { isSingleFile: true, totalLength, files: [readFile(fields, 0, totalLength, 0, undefined)] };
  }
  if (fields.has('length')) {
    issues.add({ code: 'CONFLICTING_FIELDS', field: fields.field('files'), other: fields.field('length') });
  }
  const list = fields.require('files', 'list');
  const field = fields.field('files');
  const files: TorrentFile[] = [];
  let totalLength = 0;
  for (const node of list.items()) {
    const index = files.length;
    if (index === MAX_FILES) {
      throw new MetainfoError({ code: 'TOO_MANY_FILES', field, count: list.length, maxCount: MAX_FILES });
    }
    const file = new Fields(node, `${field}[${index}]`, issues);
    const length = readLength(file, 0);
    files.push(readFile(file, index, length, totalLength, readPath(file, issues)));
    totalLength += length;
    if (totalLength > MAX_TOTAL_LENGTH) {
      const expected = `all files together to have at most ${MAX_TOTAL_LENGTH}`;
      throw new MetainfoError({ code: 'INVALID_LENGTH', field: file.field('length'), length, expected });
    }
  }
  if (totalLength === 0) {
    throw new MetainfoError({
      code: 'INVALID_LENGTH',
      field,
      length: 0,
      expected: 'at least one byte in all',
    });
  }
  return { isSingleFile: false, totalLength, files };
}

function readFile(
  fields: Fields,
  index: number,
  length: number,
  offset: number,
  path: BencodeNode | undefined,
): TorrentFile {
  const attributes = fields.optional('attr', 'bytes');
  return new ParsedFile({
    index,
    length,
    offset,
    path,
    attributes: attributes === undefined ? '' : toText(bytesOf(attributes)),
    symlink: fields.optional('symlink path', 'list'),
  });
}

function readLength(fields: Fields, least: 0 | 1): number {
  const length = integerOf(fields.require('length', 'int'));
  if (typeof length === 'bigint' || length < least || length > MAX_TOTAL_LENGTH) {
    const expected = `${least} to ${MAX_TOTAL_LENGTH}`;
    throw new MetainfoError({ code: 'INVALID_LENGTH', field: fields.field('length'), length, expected });
  }
  return length;
}

function readPath(fields: Fields, issues: IssueList): BencodeNode {
  const utf8 = fields.optional('path.utf-8', 'list');
  const key = utf8 === undefined ? 'path' : 'path.utf-8';
  const path = utf8 ?? fields.require('path', 'list');
  let depth = 0;
  for (const component of path.items()) {
    const bytes = bytesOf(requireKind(component, 'bytes', `${fields.field(key)}[${depth}]`));
    if (isNoName(bytes)) {
      issues.add({ code: 'INVALID_PATH', field: `${fields.field(key)}[${depth}]`, component: toText(bytes) });
    }
    depth += 1;
  }
  if (depth > MAX_PATH_DEPTH) {
    throw new MetainfoError({
      code: 'PATH_TOO_DEEP',
      field: fields.field(key),
      depth,
      maxDepth: MAX_PATH_DEPTH,
    });
  }
  if (depth === 0) throw new MetainfoError({ code: 'INVALID_PATH', field: fields.field(key), component: '' });
  return path;
}

/** Tells whether these are the bytes of "", "." or "..". */
function isNoName(bytes: Uint8Array): boolean {
  return bytes.length <= 2 && bytes.every((byte) => byte === 0x2e);
}
