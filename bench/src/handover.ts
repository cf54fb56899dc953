import { readdirSync, rmSync, statfsSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const TICK_MS = 10;
/** Whoever has written less has not begun. */
const BEGUN_LENGTH = 1024 ** 2;
/** As much is given up before it is taken: a tick's worth, and more. */
const AHEAD_LENGTH = 64 * 1024 ** 2;

interface File {
  readonly path: string;
  length: number;
}

/**
 * Removes what the run before has left, as fast as the next one writes. A virtual machine gives memory that is free for
 * two seconds back to its host, and has it back at 0.1 to 2 CPU seconds a GiB: whoever wrote late would pay for that.
 */
export class Handover implements Disposable {
  readonly #path: string;
  /** What is left of it, the last to go first. */
  readonly #files: File[];
  readonly #usedAtFirst: number;
  readonly #timer: NodeJS.Timeout;
  #removedLength = 0;

  /** @param path - A file or a folder, in the file system that the next run writes to. Nothing of it remains in the end. */
  constructor(path: string) {
    this.#path = path;
    this.#files = filesAt(path);
    this.#usedAtFirst = usedAt(path);
    this.#timer = setInterval(() => this.#giveUp(), TICK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    rmSync(this.#path, { recursive: true });
  }

  #giveUp(): void {
    const writtenLength = usedAt(this.#path) - this.#usedAtFirst + this.#removedLength;
    if (writtenLength < BEGUN_LENGTH) return;
    while (this.#removedLength < writtenLength + AHEAD_LENGTH) {
      const file = this.#files.at(-1);
      if (file === undefined) return;
      const length = Math.min(file.length, writtenLength + AHEAD_LENGTH - this.#removedLength);
      file.length -= length;
      this.#removedLength += length;
      truncateSync(file.path, file.length);
      if (file.length === 0) this.#files.pop();
    }
  }
}

function filesAt(path: string): File[] {
  if (statSync(path).isFile()) return [{ path, length: statSync(path).size }];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ path: file, length: statSync(file).size }));
}

/** Bytes in use of the file system with `path`. */
function usedAt(path: string): number {
  const { blocks, bfree, bsize } = statfsSync(path);
  return (blocks - bfree) * bsize;
}
