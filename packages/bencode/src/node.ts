import { readKey } from './latin1.ts';
import type { Limits } from './options.ts';
import { LETTER_D, LETTER_I, LETTER_L, parse, type Tape, TOKEN_SIZE } from './parse.ts';
import type { BencodeValue } from './value.ts';

interface Document {
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
  readonly #document: Document;
  readonly #token: number;
  #children: Children | undefined;

  /** @internal */
  constructor(document: Document, token: number) {
    this.#document = document;
    this.#token = token;
  }

  get kind(): 'int' | 'bytes' | 'list' | 'dict' {
    const byte = this.#document.input[this.offset];
    if (byte === LETTER_I) return 'int';
    if (byte === LETTER_L) return 'list';
    return byte === LETTER_D ? 'dict' : 'bytes';
  }

  /** Where the value starts, in bytes from the start of the input. */
  get offset(): number {
    return this.#document.tape[this.#token]!;
  }

  /** The exact bytes of the value, as they were read: a view of the input. */
  get raw(): Uint8Array {
    const { buffer, byteOffset } = this.#document.input;
    return new Uint8Array(buffer, byteOffset + this.offset, this.#end - this.offset);
  }

  /** Items of a list, entries of a dictionary, bytes of a byte string; 0 for an integer. */
  get length(): number {
    const { kind } = this;
    if (kind === 'list' || kind === 'dict') return this.#load().tokens.length;
    const value = this.value();
    return value instanceof Uint8Array ? value.length : 0;
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
    for (const [key, token] of this.#load().byKey) yield [key, new BencodeNode(this.#document, token)];
  }

  /** Yields a list's items; nothing for other kinds. */
  *items(): Generator<BencodeNode, void, void> {
    if (this.kind !== 'list') return;
    for (const token of this.#load().tokens) yield new BencodeNode(this.#document, token);
  }

  /** Decodes the value with the options given to `scan`. Byte strings are views of the input. */
  value(): BencodeValue {
    const { input, limits } = this.#document;
    return parse(input, this.offset, limits).value;
  }

  get #end(): number {
    return this.#document.tape[this.#token + 1]!;
  }

  #nodeAt(token: number | undefined): BencodeNode | undefined {
    return token === undefined ? undefined : new BencodeNode(this.#document, token);
  }

  #load(): Children {
    return (this.#children ??= this.#findChildren());
  }

  #findChildren(): Children {
    const { input, tape } = this.#document;
    const tokens: number[] = [];
    const byKey = new Map<string, number>();
    const isDict = this.kind === 'dict';
    const after = (token: number): number => tape[token + 2]!;
    for (let token = this.#token + TOKEN_SIZE; token < after(this.#token); token = after(token)) {
      if (isDict) {
        const key = readKey(input, tape[token]!, tape[token + 1]!);
        token = after(token);
        byKey.set(key, token);
      }
      tokens.push(token);
    }
    return { tokens, byKey };
  }
}
