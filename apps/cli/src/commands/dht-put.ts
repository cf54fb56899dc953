import { decode, raw } from '@millrace/bencode';
import type { Context } from '../context.ts';
import { type DhtFlags, withDhtNode } from '../dht/search-node.ts';
import { readKeyFile } from '../dht/key-file.ts';
import { toHex } from '../hex.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { UsageError } from '../usage-error.ts';

export interface DhtPutFlags extends DhtFlags {
  readonly bencoded?: boolean;
  readonly key?: string;
  readonly salt?: string;
  readonly sequence?: number;
  readonly cas?: number;
}

/** Stores a value in the DHT, and prints what to look for it by. */
export async function dhtPutCommand(text: string, flags: DhtPutFlags, context: Context): Promise<void> {
  const { key: keyFile, salt, sequence, cas } = flags;
  if (keyFile === undefined && (salt !== undefined || sequence !== undefined || cas !== undefined)) {
    throw new UsageError('Cannot use --salt, --seq or --cas without --key: only signed values have them');
  }
  const value = flags.bencoded === true ? bencodedValue(text) : text;
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  const item =
    key === undefined
      ? { value }
      : {
          value,
          key,
          ...(salt !== undefined && { salt: new TextEncoder().encode(salt) }),
          ...(sequence !== undefined && { sequence: BigInt(sequence) }),
          ...(cas !== undefined && { cas: BigInt(cas) }),
        };
  const stored = await withDhtNode(flags, context, (node, signal) => node.put(item, { signal }));
  const target = toHex(stored.target);
  const publicKey = key === undefined ? undefined : toHex(key.publicKey);
  if (flags.json === true) {
    const { nodes } = stored;
    const signed = {
      publicKey,
      sequence: stored.sequence === undefined ? undefined : String(stored.sequence),
    };
    return context.out.line(toJson({ schema: JSON_SCHEMA, target, nodes, ...signed }));
  }
  context.out.line(publicKey ?? target);
  const number = stored.sequence === undefined ? '' : `, with sequence number ${stored.sequence}`;
  context.err.line(`Stored on ${stored.nodes} of ${stored.asked} nodes${number}`);
}

/** Checks that a text is bencode, and has it stored as it is. */
function bencodedValue(text: string): ReturnType<typeof raw> {
  const bytes = new TextEncoder().encode(text);
  decode(bytes);
  return raw(bytes);
}
