import { decode } from '@millrace/bencode';
import { bencodeToJson } from '../bencode-json.ts';
import type { Context } from '../context.ts';
import { readInput } from '../read-input.ts';

/** Prints a bencoded value as JSON. `-` reads it from standard input, the only way for bytes that are not UTF-8. */
export async function decodeCommand(bencoded: string, context: Context): Promise<void> {
  // Node decodes arguments before anyone sees them, and this is what it leaves of other bytes.
  if (bencoded.includes('\uFFFD')) {
    context.err.line(
      'The argument may have held bytes that are not UTF-8; pipe them into: millrace decode -',
    );
  }
  const input = bencoded === '-' ? await readInput('-', context) : new TextEncoder().encode(bencoded);
  context.out.line(bencodeToJson(decode(input)));
}
