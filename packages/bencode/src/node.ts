import { readKey } from './latin1.ts';
import type { Limits } from './options.ts';
import { parse, type Tape } from './parse.ts';
import { COLON, LETTER_D, LETTER_E, LETTER_I, LETTER_L, ZERO } from './token.ts';
import type { BencodeValue } from './value.ts';

interface ScannedInput {
  readonly input: Uint8Array;
  readonly tape: Tape;
  readonly limits: Limits;
}

interface Children {
  readonly tokens: readonly number[];
  /** Empty for lists. */
  readonly byKey: ReadonlyMap<string, number>;
}

/** One value of a scanned input. Copies nothing; what it contains is looked up when asked for. */
export class BencodeNode {
  readonly #scanned: ScannedInput;
  readonly #token: number;
  #children: Children | undefined;

  /** @internal */
  constructor(scanned: ScannedInput, token: number) {
    this.#scanned = scanned;
    this.#token = token;
  }

  get kind(): 'int' | 'bytes' | 'list' | 'dict' {
    const byte = this.#scanned.input[this.offset];
    if (byte === LETTER_I) return 'int';
    if (byte === LETTER_L) return 'list';
    return byte === LETTER_D ? 'dict' : 'bytes';
  }

  /** Where the value starts, in bytes from the start of the input. */
  get offset(): number {
    return this.#scanned.tape[this.#token]!;
  }

  /** The exact bytes of the value, as they were read: a view of the input. */
  get raw(): Uint8Array {
    const { buffer, byteOffset } = this.#scanned.input;
    return new Uint8Array(buffer, byteOffset + this.offset, this.#end - this.offset);
  }

  /** Items of a list, entries of a dictionary, bytes of a byte string; 0 for an integer. */
  get length(): number {
    const { kind } = this;
    if (kind === 'list' || kind === 'dict') return this.#load().tokens.length;
    if (kind === 'int') return 0;
    const { start, end } = scalarSpan(this.#scanned.input, this.offset);
    return end - start;
  }

  /** Returns the value at a dictionary's key, or `undefined` if there is none or this is no dictionary. */
  get(key: string): BencodeNode | undefined {
    return this.#nodeAt(this.#load().byKey.get(key));
  }

  /** Returns a list's item, or `undefined` if there is none or this is no list. */
  at(index: number): BencodeNode | undefined {
    return this.kind === 'list' ? this.#nodeAt(this.#load().tokens[index]) : undefined;
  }

  /** Yields a dictionary's entries in the order of the input; nothing for other kinds. */
  *entries(): Generator<readonly [key: string, value: BencodeNode], void, void> {
    for (const [key, token] of this.#load().byKey) yield [key, new BencodeNode(this.#scanned, token)];
  }

  /** Yields a list's items; nothing for other kinds. */
  *items(): Generator<BencodeNode, void, void> {
    if (this.kind !== 'list') return;
    for (const token of this.#load().tokens) yield new BencodeNode(this.#scanned, token);
  }

  /** Decodes the value with the options given to `scan`. Byte strings are views of the input. */
  value(): BencodeValue {
    const { input, limits } = this.#scanned;
    return parse(input, this.offset, limits).value;
  }

  get #end(): number {
    const { input, tape } = this.#scanned;
    return isContainer(input, this.offset) ? tape[this.#token + 1]! : scalarSpan(input, this.offset).end;
  }

  #nodeAt(token: number | undefined): BencodeNode | undefined {
    return token === undefined ? undefined : new BencodeNode(this.#scanned, token);
  }

  #load(): Children {
    return (this.#children ??= this.#findChildren());
  }

  #findChildren(): Children {
    const { input, tape } = this.#scanned;
    const tokens: number[] = [];
    const byKey = new Map<string, number>();
    const isDict = this.kind === 'dict';
    if (!isContainer(input, this.offset)) return { tokens, byKey };
    const after = tape[this.#token + 2]!;
    let token = this.#token + 3;
    while (token < after) {
      if (isDict) {
        const { start, end } = scalarSpan(input, tape[token]!);
        token += 1;
        byKey.set(readKey(input, start, end), token);
      }
      tokens.push(token);
      token = isContainer(input, tape[token]!) ? tape[token + 2]! : token + 1;
    }
    return { tokens, byKey };
  }
}

function isContainer(input: Uint8Array, offset: number): boolean {
  return input[offset] === LETTER_L || input[offset] === LETTER_D;
}

/**
 * Returns where the content of an integer or byte string starts, and where the whole of it ends. Stops at the end of
 * the input even if its owner has changed it since it was scanned.
 */
function scalarSpan(input: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  let start = offset;
  if (input[offset] === LETTER_I) {
    while (start < input.length && input[start] !== LETTER_E) start += 1;
    return { start: offset + 1, end: start + 1 };
  }
  let length = 0;
  for (; start < input.length && input[start] !== COLON; start += 1)
    length = length * 10 + (input[start]! - ZERO);
  return { start: start + 1, end: start + 1 + length };
}
