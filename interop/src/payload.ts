import { createCipheriv, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const KIB = 1024;
export const MIB = 1_048_576;

/** What a torrent is made of: one file of this length, or a folder of paths and lengths. */
export interface PayloadSpec {
  readonly name: string;
  readonly files: number | Readonly<Record<string, number>>;
}

const CHUNK_LENGTH = MIB;

/** Yields `length` bytes that look random, always the same ones for the same seed. */
export function* randomBytes(seed: string, length: number): Generator<Uint8Array, void, void> {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  const zeros = new Uint8Array(CHUNK_LENGTH);
  for (let done = 0; done < length; done += CHUNK_LENGTH) {
    yield cipher.update(zeros.subarray(0, Math.min(CHUNK_LENGTH, length - done)));
  }
}

/**
 * Writes the payload under `folder`.
 *
 * @returns The path of its file or folder.
 */
export async function writePayload(folder: string, spec: PayloadSpec): Promise<string> {
  const root = join(folder, spec.name);
  const files = typeof spec.files === 'number' ? { '': spec.files } : spec.files;
  for (const [path, length] of Object.entries(files)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await pipeline(randomBytes(`${spec.name}/${path}`, length), createWriteStream(target));
  }
  return root;
}
