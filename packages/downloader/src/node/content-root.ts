import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OpenFile } from './file-io.ts';
import { makeFolders, makeOwnFolder, openOwn, type OpenMode } from './safe-open.ts';

/** What the system says when a process has as many files open as it may. */
const TOO_MANY_OPEN: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/** Makes folders and opens files at and below a torrent's own file or folder, and keeps some of the files open. */
export class ContentRoot {
  readonly #path: string;
  readonly #maxOpen: number;
  /** Files kept open by index, the one used last at the end. */
  readonly #open = new Map<number, OpenFile>();
  readonly #folders = new Set<string>();

  /**
   * @param path - The content's own file or folder: no folder at or below it may be a link.
   * @param maxOpen - Files kept open.
   */
  constructor(path: string, maxOpen = 16) {
    this.#path = path;
    this.#maxOpen = maxOpen;
  }

  /** Makes the folder that a file goes into, and those above. */
  makeFolderOf(path: string): void {
    const above = dirname(this.#path);
    const folder = dirname(path);
    // What lies above the content is the user's own: links there are fine.
    if (!this.#folders.has(above)) makeOwnFolder(above);
    this.#folders.add(above);
    if (folder !== above) makeFolders(this.#path, folder, this.#folders);
  }

  /** Opens a file, which is the caller's to close; closes others first where the process has too many open. */
  open(path: string, mode: OpenMode): number {
    for (;;) {
      try {
        return openOwn(path, mode);
      } catch (error) {
        const [oldest] = this.#open.keys();
        const isFull = error instanceof Error && 'code' in error && TOO_MANY_OPEN.has(error.code);
        if (!isFull || oldest === undefined) throw error;
        this.release(oldest);
      }
    }
  }

  /** Returns a file that is kept open. */
  kept(fileIndex: number): OpenFile | undefined {
    const file = this.#open.get(fileIndex);
    if (file === undefined) return undefined;
    this.#open.delete(fileIndex);
    this.#open.set(fileIndex, file);
    return file;
  }

  /** Keeps a file open until it is released, or others were used more lately. */
  keep(fileIndex: number, file: OpenFile): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= this.#maxOpen && oldest !== undefined) this.release(oldest);
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
  }
}
