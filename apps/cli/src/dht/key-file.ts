import { readFile, writeFile } from 'node:fs/promises';
import { signingKey, type SigningKey } from '@millrace/dht';
import { toHex } from '../hex.ts';
import { parseHex } from './parse-hex.ts';

const SEED_LENGTH = 32;

/** Reads a secret key, 64 hexadecimal digits, from a file. If there is none it is made, for its owner's eyes only. */
export async function readKeyFile(path: string): Promise<SigningKey> {
  const seed = globalThis.crypto.getRandomValues(new Uint8Array(SEED_LENGTH));
  try {
    await writeFile(path, `${toHex(seed)}\n`, { flag: 'wx', mode: 0o600 });
    return await signingKey(seed);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const text = (await readFile(path, 'utf8')).trim();
  // What is in it is a secret: it is not repeated if it is wrong.
  return signingKey(parseHex(text, SEED_LENGTH, 'a secret key', true));
}
