import { closeSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { OpenFile } from './file-io.ts';
import type { FileStamps } from './file-stamps.ts';
import { OwnFolders } from './own-folders.ts';
import { openOwn, type OpenMode } from './safe-open.ts';

/** What the system says when a process has as many files open as it may. */
const TOO_MANY_OPEN: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/** Makes, opens and renames files at and below a torrent's own file or folder, and keeps some of the files open. */
export class ContentRoot {
  readonly #folders: OwnFolders;
  readonly #maxOpen: number;
  /** Files kept open by index, the one used last at the end. */
  readonly #open = new Map<number, OpenFile>();
  /** The one used last. */
  #lastIndex = -1;

  /**
   * @param path - The content's own file or folder: no folder at or below it may be a link.
   * @param maxOpen - Files kept open.
   */
  constructor(path: string, stamps: FileStamps, maxOpen = 16) {
    this.#folders = new OwnFolders(path, stamps);
    this.#maxOpen = maxOpen;
  }

  /**
   * Opens a file, which is the caller's to close; closes others first where the process has too many open. One that is
   * created has its folders made, too.
   */
  open(path: string, mode: OpenMode): number {
    return this.#withRoom(() =>
      openOwn(path, mode, `${this.#folders.path(dirname(path), mode === 'create')}/${basename(path)}`),
    );
  }

  /** Gives a file another name in its folder. */
  rename(from: string, to: string): void {
    const folder = this.#withRoom(() => this.#folders.path(dirname(from), false));
    renameSync(`${folder}/${basename(from)}`, `${folder}/${basename(to)}`);
  }

  remove(path: string): void {
    const folder = this.#withRoom(() => this.#folders.path(dirname(path), false));
    unlinkSync(`${folder}/${basename(path)}`);
  }

  /** Ends a job: see {@link OwnFolders.lookAgain}. */
  lookAgain(): void {
    this.#folders.lookAgain();
  }

  /** Returns a file that is kept open. */
  kept(fileIndex: number): OpenFile | undefined {
    const file = this.#open.get(fileIndex);
    if (file === undefined || fileIndex === this.#lastIndex) return file;
    this.#lastIndex = fileIndex;
    this.#open.delete(fileIndex);
    this.#open.set(fileIndex, file);
    return file;
  }

  /** Keeps a file open until it is released, or others were used more lately. */
  keep(fileIndex: number, file: OpenFile): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= this.#maxOpen && oldest !== undefined) this.release(oldest);
    this.#lastIndex = fileIndex;
    this.#open.set(fileIndex, file);
  }

  /** Closes a file if it is kept open. */
  release(fileIndex: number): void {
    const file = this.#open.get(fileIndex);
    if (file === undefined) return;
    this.#open.delete(fileIndex);
    closeSync(file.fd);
  }

  close(): void {
    for (const fileIndex of this.#open.keys()) this.release(fileIndex);
    this.#folders.close();
  }

  #withRoom<T>(use: () => T): T {
    for (;;) {
      try {
        return use();
      } catch (error) {
        const [oldest] = this.#open.keys();
        const isFull = error instanceof Error && 'code' in error && TOO_MANY_OPEN.has(error.code);
        if (!isFull || oldest === undefined) throw error;
        this.release(oldest);
      }
    }
  }
}
