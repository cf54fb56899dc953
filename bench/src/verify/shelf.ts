import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { randomBytes } from '@millrace/interop/payload';
import { runProgram } from '@millrace/interop/run-program';

const MAKE_TORRENT = join(import.meta.dirname, '../make_torrent.py');
/** Nobody is asked: whoever looks for a tracker here finds none. */
const NO_TRACKER = 'http://127.0.0.1:9/announce';

export interface ShelfOptions {
  readonly size: number;
  readonly fileCount: number;
  readonly pieceLengths: readonly number[];
}

/** A folder of equal files in memory, complete, and torrents of it. */
export interface Shelf extends Disposable {
  readonly folder: string;
  readonly payload: string;
  /** By piece length. */
  readonly torrents: ReadonlyMap<number, string>;
}

export async function openShelf({ size, fileCount, pieceLengths }: ShelfOptions): Promise<Shelf> {
  using stack = new DisposableStack();
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = await mkdtemp(join(parent, 'millrace-bench-verify-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });

  const payload = join(folder, 'payload');
  await mkdir(payload);
  for (let at = 0; at < fileCount; at += 1) {
    await using file = await open(join(payload, `${at}.bin`), 'w');
    for (const chunk of randomBytes(`verify ${at}`, Math.floor(size / fileCount))) await file.write(chunk);
  }
  const torrents = new Map<number, string>();
  for (const pieceLength of pieceLengths) {
    const torrent = join(folder, `${pieceLength}.torrent`);
    await runProgram(SYSTEM_PYTHON, [MAKE_TORRENT, payload, `${pieceLength}`, NO_TRACKER, torrent]);
    torrents.set(pieceLength, torrent);
  }
  const owned = stack.move();
  return { folder, payload, torrents, [Symbol.dispose]: () => owned.dispose() };
}
