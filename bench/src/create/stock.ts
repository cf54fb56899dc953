import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '@millrace/interop/payload';

const SMALL_FILES_PER_FOLDER = 250;

export interface StockOptions {
  /** Bytes of the one file. */
  readonly size: number;
  readonly smallFiles: number;
  /** Bytes of each of the small files. */
  readonly smallSize: number;
}

/** One large file, and a folder of many small ones, in memory. */
export interface Stock extends Disposable {
  readonly folder: string;
  readonly largeFile: string;
  readonly smallFolder: string;
}

export async function openStock({ size, smallFiles, smallSize }: StockOptions): Promise<Stock> {
  using stack = new DisposableStack();
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = await mkdtemp(join(parent, 'millrace-bench-create-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });
  const largeFile = join(folder, 'large.bin');
  await using file = await open(largeFile, 'w');
  for (const chunk of randomBytes('create', size)) await file.write(chunk);

  const smallFolder = join(folder, 'small');
  const [bytes = new Uint8Array()] = randomBytes('small', smallSize);
  for (let at = 0; at < smallFiles; at += 1) {
    const parentFolder = join(smallFolder, `${Math.floor(at / SMALL_FILES_PER_FOLDER)}`);
    if (at % SMALL_FILES_PER_FOLDER === 0) mkdirSync(parentFolder, { recursive: true });
    writeFileSync(join(parentFolder, `${at}.bin`), bytes);
  }
  const owned = stack.move();
  return { folder, largeFile, smallFolder, [Symbol.dispose]: () => owned.dispose() };
}
