import { mapEntries, objectEntries } from './dict-entries.ts';
import { type EncodeFrame, pathTo } from './encode-frame.ts';
import { BencodeError } from './error.ts';
import { MAX_DIGITS } from './integer.ts';
import { type Encodable, type RawBencode, rawBencode } from './value.ts';
import { Writer } from './writer.ts';

const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_L = 0x6c;

const MAX_MAGNITUDE: bigint = 10n ** BigInt(MAX_DIGITS) - 1n;

/** Values nested deeper than this are checked for containing themselves. */
const UNCHECKED_DEPTH = 64;

/**
 * Encodes `value` in the canonical form: keys sorted as bytes, each once.
 *
 * @returns A new array; the caller owns it.
 * @throws {BencodeError} if a part of it has no bencoded form: `UNSUPPORTED_TYPE`, `NOT_AN_INTEGER`,
 * `INTEGER_OUT_OF_RANGE` (unsafe numbers, bigints of more than 19 digits), `NOT_UTF8` (lone surrogates),
 * `INVALID_KEY`, `DUPLICATE_KEY`.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, bencoding}
 */
export function encode(value: Encodable): Uint8Array<ArrayBuffer> {
  return withWriter(value, (writer) => writer.take());
}

/**
 * Encodes `value` into `target` from `offset` on.
 *
 * @returns The number of bytes written.
 * @throws {RangeError} if they do not fit; `target` is then unchanged.
 * @throws {BencodeError} as `encode` does.
 */
export function encodeInto(value: Encodable, target: Uint8Array, offset = 0): number {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`Cannot encode at offset ${offset}: it must be a whole number of at least 0`);
  }
  return withWriter(value, (writer) => {
    const room = target.length - offset;
    if (writer.length > room) {
      throw new RangeError(`Cannot encode ${writer.length} bytes: there is room for ${Math.max(room, 0)}`);
    }
    writer.copyTo(target, offset);
    return writer.length;
  });
}

/**
 * Returns how many bytes `encode` would return.
 *
 * @throws {BencodeError} as `encode` does.
 */
export function encodedLength(value: Encodable): number {
  return withWriter(value, (writer) => writer.length);
}

function withWriter<T>(value: Encodable, finish: (writer: Writer) => T): T {
  const writer = new Writer();
  try {
    write(writer, value);
    return finish(writer);
  } finally {
    writer.release();
  }
}

/** Writes without recursion, so that depth is bounded by memory and not by the call stack. */
function write(writer: Writer, root: unknown): void {
  const frames: EncodeFrame[] = [];
  let ancestors: Set<object> | undefined;
  let opened = writeValue(writer, root, frames);
  for (;;) {
    if (opened !== undefined) {
      if (frames.length >= UNCHECKED_DEPTH) {
        ancestors ??= new Set();
        if (ancestors.has(opened.container)) throw unsupported('part of itself', frames);
        ancestors.add(opened.container);
      }
      frames.push(opened);
    }
    const frame = frames.at(-1);
    if (frame === undefined) return;
    if (frame.next === frame.items.length) {
      writer.byte(LETTER_E);
      frames.pop();
      ancestors?.delete(frame.container);
      opened = undefined;
      continue;
    }
    const index = frame.next;
    frame.next += 1;
    if (frame.keys !== undefined && !writer.key(frame.keys[index]!)) {
      throw new BencodeError({ code: 'INVALID_KEY', path: pathTo(frames) });
    }
    opened = writeValue(writer, frame.items[index], frames);
  }
}

/** Writes a value that is whole, or the start of one that is not and returns its frame. */
function writeValue(writer: Writer, value: unknown, frames: readonly EncodeFrame[]): EncodeFrame | undefined {
  switch (typeof value) {
    case 'number':
      checkNumber(value, frames);
      writer.integer(value);
      return undefined;
    case 'bigint':
      if (value > MAX_MAGNITUDE || value < -MAX_MAGNITUDE) {
        throw outOfRange(frames, `at most ${MAX_DIGITS} digits`);
      }
      writer.bigint(value);
      return undefined;
    case 'string':
      if (!value.isWellFormed()) throw new BencodeError({ code: 'NOT_UTF8', path: pathTo(frames) });
      writer.text(value);
      return undefined;
    case 'object':
      return writeObject(writer, value, frames);
    case 'boolean':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw unsupported(`of type ${typeof value}`, frames);
  }
}

function writeObject(
  writer: Writer,
  value: object | null,
  frames: readonly EncodeFrame[],
): EncodeFrame | undefined {
  if (value instanceof Uint8Array) {
    writer.bytes(value);
    return undefined;
  }
  if (Array.isArray(value)) {
    writer.byte(LETTER_L);
    return { container: value, keys: undefined, items: value, next: 0 };
  }
  if (value === null) throw unsupported('null', frames);
  if (isRaw(value)) {
    writer.splice(value[rawBencode]);
    return undefined;
  }
  let entries;
  if (value instanceof Map) entries = mapEntries(value, frames);
  else if (isPlain(value)) entries = objectEntries(value, frames);
  else
    throw unsupported(
      `a ${Object.prototype.toString.call(value).slice(8, -1).slice(0, 40)} instance`,
      frames,
    );
  writer.byte(LETTER_D);
  return { container: value, keys: entries.keys, items: entries.items, next: 0 };
}

function isRaw(value: object): value is RawBencode {
  return rawBencode in value;
}

function checkNumber(value: number, frames: readonly EncodeFrame[]): void {
  if (Number.isSafeInteger(value)) return;
  if (Number.isInteger(value)) throw outOfRange(frames, 'a bigint past 2^53 - 1');
  throw new BencodeError({ code: 'NOT_AN_INTEGER', path: pathTo(frames), actual: value });
}

/** Class instances are refused: what of them should be written is anyone's guess. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second test holds for the Object.prototype of every realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function outOfRange(frames: readonly EncodeFrame[], expected: string): BencodeError {
  return new BencodeError({ code: 'INTEGER_OUT_OF_RANGE', path: pathTo(frames), expected });
}

function unsupported(actual: string, frames: readonly EncodeFrame[]): BencodeError {
  return new BencodeError({ code: 'UNSUPPORTED_TYPE', path: pathTo(frames), actual });
}
