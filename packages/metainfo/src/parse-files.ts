import { Cursor } from './cursor.ts';
import { MetainfoError } from './error.ts';
import { bytesOf, type Fields, integerOf, KIND_NAMES } from './fields.ts';
import { type FileEntry, readFileEntry } from './file-entry.ts';
import type { IssueList } from './issue.ts';
import { MAX_FILES, MAX_PATH_DEPTH, MAX_TOTAL_LENGTH } from './limits.ts';
import type { Metainfo, TorrentFile } from './metainfo.ts';
import { ParsedFile } from './parsed-file.ts';
import { toText } from './text.ts';

type FileFields = Pick<Metainfo, 'files' | 'isSingleFile'> & { readonly totalLength: number };
type Kind = keyof typeof KIND_NAMES;

/** Reads `files`, or `length` if that is not there. */
export function readFiles(fields: Fields, issues: IssueList): FileFields {
  if (!fields.has('files')) return readSingleFile(fields);
  if (fields.has('length')) {
    issues.add({ code: 'CONFLICTING_FIELDS', field: fields.field('files'), other: fields.field('length') });
  }
  const list = fields.require('files', 'list');
  const reader = new FileListReader(list.raw, fields.field('files'), issues);
  for (let file = reader.next(0); file !== undefined; file = reader.next(file.offset + file.length)) {
    if (reader.files.length === MAX_FILES) {
      const count = list.length;
      throw new MetainfoError({
        code: 'TOO_MANY_FILES',
        field: fields.field('files'),
        count,
        maxCount: MAX_FILES,
      });
    }
    reader.files.push(file);
  }
  const last = reader.files.at(-1);
  const totalLength = last === undefined ? 0 : last.offset + last.length;
  if (totalLength === 0) {
    const expected = 'at least one byte in all';
    throw new MetainfoError({ code: 'INVALID_LENGTH', field: fields.field('files'), length: 0, expected });
  }
  return { isSingleFile: false, totalLength, files: reader.files };
}

function readSingleFile(fields: Fields): FileFields {
  const length = integerOf(fields.require('length', 'int'));
  if (typeof length === 'bigint' || length < 1) {
    const expected = `1 to ${MAX_TOTAL_LENGTH}`;
    throw new MetainfoError({ code: 'INVALID_LENGTH', field: fields.field('length'), length, expected });
  }
  const attributes = fields.optional('attr', 'bytes');
  const symlink = fields.optional('symlink path', 'list');
  const file = new ParsedFile({
    index: 0,
    length,
    offset: 0,
    bytes: symlink?.raw ?? new Uint8Array(),
    path: -1,
    symlink: symlink === undefined ? -1 : 0,
    attributes: attributes === undefined ? '' : toText(bytesOf(attributes)),
  });
  return { isSingleFile: true, totalLength: length, files: [file] };
}

/** Reads the dictionaries of a `files` list one by one, making only what is kept. */
class FileListReader {
  readonly files: TorrentFile[] = [];
  readonly #cursor: Cursor;
  /** Reads within the dictionary that the other cursor has passed. */
  readonly #within: Cursor;
  readonly #name: string;
  readonly #issues: IssueList;
  readonly #entry: FileEntry = { attr: -1, length: -1, path: -1, 'path.utf-8': -1, 'symlink path': -1 };

  constructor(list: Uint8Array, name: string, issues: IssueList) {
    this.#cursor = new Cursor(list, 1);
    this.#within = new Cursor(list, 0);
    this.#name = name;
    this.#issues = issues;
  }

  next(offset: number): TorrentFile | undefined {
    const { kind, bytes } = this.#cursor;
    if (kind === undefined) return undefined;
    if (kind !== 'dict') throw this.#wrongType(kind, 'dict', `${this.#name}[${this.files.length}]`);
    const entry = this.#entry;
    readFileEntry(this.#cursor, entry);
    const length = this.#readLength(offset);
    const path = this.#readPath();
    const symlink = this.#find('symlink path', 'list') ? entry['symlink path'] : -1;
    const attributes = this.#find('attr', 'bytes') ? toText(this.#within.takeBytes()) : '';
    return new ParsedFile({ index: this.files.length, length, offset, bytes, path, symlink, attributes });
  }

  #readLength(offset: number): number {
    this.#require('length', 'int');
    const length = this.#within.takeInteger();
    if (length < 0 || length > MAX_TOTAL_LENGTH - offset) {
      const expected = `0 to ${MAX_TOTAL_LENGTH}, together with the files before it`;
      throw new MetainfoError({ code: 'INVALID_LENGTH', field: this.#field('length'), length, expected });
    }
    return length;
  }

  /** Checks the components and returns where their list starts. */
  #readPath(): number {
    const key = this.#find('path.utf-8', 'list') ? 'path.utf-8' : 'path';
    if (key === 'path') this.#require('path', 'list');
    const cursor = this.#within;
    let depth = 0;
    for (cursor.step(); cursor.kind !== undefined; depth += 1) {
      if (cursor.kind !== 'bytes')
        throw this.#wrongType(cursor.kind, 'bytes', `${this.#field(key)}[${depth}]`);
      const start = cursor.skipBytes();
      if (isNoName(cursor.bytes, start, cursor.offset)) this.#reportName(start, key, depth);
    }
    if (depth > MAX_PATH_DEPTH) {
      throw new MetainfoError({
        code: 'PATH_TOO_DEEP',
        field: this.#field(key),
        depth,
        maxDepth: MAX_PATH_DEPTH,
      });
    }
    if (depth === 0)
      throw new MetainfoError({ code: 'INVALID_PATH', field: this.#field(key), component: '' });
    return this.#entry[key];
  }

  #reportName(start: number, key: string, depth: number): void {
    const component = toText(this.#within.bytes.subarray(start, this.#within.offset));
    this.#issues.add({ code: 'INVALID_PATH', field: `${this.#field(key)}[${depth}]`, component });
  }

  /** Goes to a value of that kind, if there is one. One of another kind is an issue, and as if it were not there. */
  #find(key: keyof FileEntry, expected: Kind): boolean {
    const start = this.#entry[key];
    if (start === -1) return false;
    this.#within.offset = start;
    const { kind = 'bytes' } = this.#within;
    if (kind === expected) return true;
    this.#issues.add(this.#wrongType(kind, expected, this.#field(key)).detail);
    return false;
  }

  /** @throws {MetainfoError} `MISSING_FIELD` or `WRONG_TYPE`. */
  #require(key: keyof FileEntry, expected: Kind): void {
    const start = this.#entry[key];
    if (start === -1) throw new MetainfoError({ code: 'MISSING_FIELD', field: this.#field(key) });
    this.#within.offset = start;
    const { kind = 'bytes' } = this.#within;
    if (kind !== expected) throw this.#wrongType(kind, expected, this.#field(key));
  }

  #wrongType(actual: Kind, expected: Kind, field: string): MetainfoError {
    return new MetainfoError({
      code: 'WRONG_TYPE',
      field,
      actual: KIND_NAMES[actual],
      expected: KIND_NAMES[expected],
    });
  }

  #field(key: string): string {
    return `${this.#name}[${this.files.length}].${key}`;
  }
}

/** Tells whether these are the bytes of "", "." or "..". */
function isNoName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 2) return false;
  for (let offset = start; offset < end; offset += 1) if (bytes[offset] !== 0x2e) return false;
  return true;
}
