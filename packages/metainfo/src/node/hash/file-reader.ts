import { closeSync } from 'node:fs';
import { closeUnchanged, openToRead, readFully } from './file-state.ts';
import type { FileTrouble, HashedFile } from './hash-job.ts';

interface OpenFile {
  readonly fileIndex: number;
  readonly fd: number;
}

/**
 * Reads files of a job, one open at a time: whoever hashes goes through them in order. A file that cannot be read, or is
 * no longer what was seen of it, is in trouble from then on.
 */
export class FileReader {
  readonly #files: readonly HashedFile[];
  readonly #onTrouble: (trouble: FileTrouble) => void;
  readonly #inTrouble = new Set<number>();
  #open: OpenFile | undefined;

  /** @param onTrouble - Told once of each file that is in trouble. */
  constructor(files: readonly HashedFile[], onTrouble: (trouble: FileTrouble) => void) {
    this.#files = files;
    this.#onTrouble = onTrouble;
  }

  /** Puts `length` bytes of a file into `target` at `begin`, and tells whether it could. */
  read(fileIndex: number, position: number, target: Uint8Array, begin: number, length: number): boolean {
    const location = this.#files[fileIndex]?.location;
    if (location === undefined) {
      target.fill(0, begin, begin + length);
      return true;
    }
    if (this.#inTrouble.has(fileIndex)) return false;
    if (this.#open?.fileIndex !== fileIndex) this.finish();
    try {
      this.#open ??= { fileIndex, fd: openToRead(location) };
      if (readFully(this.#open.fd, target, begin, length, position)) return true;
      this.#setTrouble(fileIndex, undefined);
    } catch (error) {
      this.#setTrouble(fileIndex, systemCode(error));
    }
    return false;
  }

  /** Looks once more at the file that was read last, and closes it. */
  finish(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const seen = this.#files[open.fileIndex]?.seen;
    const isUnchanged = closeUnchanged(open.fd, seen);
    if (!isUnchanged) this.#setTrouble(open.fileIndex, undefined);
  }

  /** Closes what is open, whatever it has become. */
  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #setTrouble(fileIndex: number, system: string | undefined): void {
    if (this.#inTrouble.has(fileIndex)) return;
    this.#inTrouble.add(fileIndex);
    this.#onTrouble({ fileIndex, system });
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}
