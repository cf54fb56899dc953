/**
 * Any decoded value. Integers are `number` up to 2^53 - 1 and `bigint` past it; byte strings are `Uint8Array`
 * views of the input.
 */
export type BencodeValue = number | bigint | Uint8Array | readonly BencodeValue[] | BencodeDict;

/**
 * A decoded dictionary. Keys are byte strings held as one UTF-16 unit (0 to 255) per byte, so no key is lost and
 * ASCII keys read as themselves; `keyToText` and `textToKey` convert the rest. It is a `Map`, so `__proto__` is
 * an ordinary key.
 */
export type BencodeDict = ReadonlyMap<string, BencodeValue>;

/**
 * Any value `encode` accepts. `string` values and the keys of plain objects are text and become UTF-8; `string`
 * keys of a `Map` are byte strings, as `decode` returns them. `undefined` fields of plain objects are left out.
 */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | RawBencode
  | readonly Encodable[]
  | ReadonlyMap<string | Uint8Array, Encodable>
  | { readonly [key: string]: Encodable | undefined };

/** Marks what `raw` returns; shared by every installed copy of this package. */
export const rawBencode: unique symbol = Symbol.for('@millrace/bencode.raw');

/** Bytes that are bencode already, made by `raw`; `encode` writes them unchanged. */
export interface RawBencode {
  readonly [rawBencode]: Uint8Array;
}

/** Where a value sits: dictionary keys (as in {@link BencodeDict}) and list indexes from the root down. */
export type BencodePath = readonly (string | number)[];
