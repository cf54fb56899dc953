import type { BencodeNode } from '@millrace/bencode';
import { MetainfoError, type MetainfoErrorDetail } from './error.ts';
import type { IssueList } from './issue.ts';
import { isText, toText } from './text.ts';

type Kind = BencodeNode['kind'];

/** What each kind of value is called in messages. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  int: 'an integer',
  bytes: 'a byte string',
  list: 'a list',
  dict: 'a dictionary',
};

/** Says that a value is not what it should be. */
export function wrongType(node: BencodeNode, expected: string, field: string): MetainfoErrorDetail {
  return { code: 'WRONG_TYPE', field, actual: KIND_NAMES[node.kind], expected };
}

/** @throws {MetainfoError} `WRONG_TYPE` if `node` is not of that kind. */
function requireKind(node: BencodeNode, kind: Kind, field: string): BencodeNode {
  if (node.kind !== kind) throw new MetainfoError(wrongType(node, KIND_NAMES[kind], field));
  return node;
}

/** A dictionary whose values are read by what they must be. What cannot be done without throws, the rest is an issue. */
export class Fields {
  readonly #node: BencodeNode;
  readonly #name: string;
  readonly #issues: IssueList;

  constructor(node: BencodeNode, name: string, issues: IssueList) {
    this.#node = requireKind(node, 'dict', name);
    this.#name = name;
    this.#issues = issues;
  }

  /** Returns the full name of a field of this dictionary. */
  field(key: string): string {
    return this.#name === '' ? key : `${this.#name}.${key}`;
  }

  has(key: string): boolean {
    return this.#node.get(key) !== undefined;
  }

  /** Returns a value of any kind. */
  find(key: string): BencodeNode | undefined {
    return this.#node.get(key);
  }

  /** @throws {MetainfoError} `MISSING_FIELD` or `WRONG_TYPE`. */
  require(key: string, kind: Kind): BencodeNode {
    const node = this.#node.get(key);
    if (node === undefined) throw new MetainfoError({ code: 'MISSING_FIELD', field: this.field(key) });
    return requireKind(node, kind, this.field(key));
  }

  /** Returns a value of that kind; one of another kind is an issue, and as if it were not there. */
  optional(key: string, kind: Kind): BencodeNode | undefined {
    const node = this.#node.get(key);
    if (node === undefined || node.kind === kind) return node;
    this.#issues.add(wrongType(node, KIND_NAMES[kind], this.field(key)));
    return undefined;
  }

  optionalInteger(key: string): number | bigint | undefined {
    const node = this.optional(key, 'int');
    return node === undefined ? undefined : integerOf(node);
  }

  /** Returns text; bytes of it that are not UTF-8 are an issue. */
  optionalText(key: string): string | undefined {
    const node = this.optional(key, 'bytes');
    return node === undefined ? undefined : this.text(bytesOf(node), key);
  }

  text(bytes: Uint8Array, key: string): string {
    if (!isText(bytes)) this.#issues.add({ code: 'NOT_UTF8', field: this.field(key) });
    return toText(bytes);
  }
}

/** Returns the value of an `int` node. */
export function integerOf(node: BencodeNode): number | bigint {
  const value = node.value();
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw new TypeError('Cannot read node: it is no integer');
  return value;
}

/** Returns the value of a `bytes` node, as a view. */
export function bytesOf(node: BencodeNode): Uint8Array {
  const value = node.value();
  if (!(value instanceof Uint8Array)) throw new TypeError('Cannot read node: it is no byte string');
  return value;
}
