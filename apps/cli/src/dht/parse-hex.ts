import { UsageError } from '../usage-error.ts';

/**
 * Reads so many bytes as hexadecimal digits.
 *
 * @param isSecret Keeps what was read out of the error.
 * @throws {UsageError} if it is anything else.
 */
export function parseHex(text: string, length: number, what: string, isSecret = false): Uint8Array {
  if (text.length !== 2 * length || !/^[\da-f]*$/iu.test(text)) {
    const shown = isSecret ? 'what is in the file' : `"${text}"`;
    throw new UsageError(`Cannot use ${shown} as ${what}: it must be ${2 * length} hexadecimal digits`);
  }
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}
