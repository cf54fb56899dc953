import type { DhtItem } from '@millrace/dht/node';
import { bencodeToJson } from '../bencode-json.ts';
import type { Context } from '../context.ts';
import { parseHex } from '../dht/parse-hex.ts';
import { DhtSearchError } from '../dht/search-error.ts';
import { type DhtFlags, withDhtNode } from '../dht/search-node.ts';
import { toHex } from '../hex.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { UsageError } from '../usage-error.ts';

export interface DhtGetFlags extends DhtFlags {
  readonly salt?: string;
}

const TARGET_LENGTH = 20;
const PUBLIC_KEY_LENGTH = 32;

/** Prints a value that is stored in the DHT, as JSON like `decode`. It fails if nobody has it. */
export async function dhtGetCommand(name: string, flags: DhtGetFlags, context: Context): Promise<void> {
  const wanted = nameOf(name, flags.salt);
  const search = (answers: boolean): Promise<DhtItem | undefined> =>
    withDhtNode({ ...flags, answers }, context, (node, signal) => node.get(wanted, { signal }));
  // Some nodes give long values to those alone who answer them, too.
  const item = (await search(false)) ?? (await search(true));
  if (item === undefined) throw new DhtSearchError('NO_VALUE');
  const json = bencodeToJson(item.value);
  if (flags.json !== true) return context.out.line(json);
  const { target, sequence } = item;
  const value: unknown = JSON.parse(json);
  context.out.line(
    toJson({
      schema: JSON_SCHEMA,
      target: toHex(target),
      // As text: it may be more than a number in JSON holds.
      ...(sequence !== undefined && { sequence: String(sequence) }),
      value,
    }),
  );
}

function nameOf(
  name: string,
  salt: string | undefined,
): Uint8Array | { publicKey: Uint8Array; salt: Uint8Array } {
  if (name.length === 2 * PUBLIC_KEY_LENGTH) {
    const publicKey = parseHex(name, PUBLIC_KEY_LENGTH, 'a public key');
    return { publicKey, salt: new TextEncoder().encode(salt ?? '') };
  }
  if (salt !== undefined) throw new UsageError('Cannot use --salt with a target: it goes with a public key');
  return parseHex(name, TARGET_LENGTH, 'a target (40 digits) or public key (64)');
}
