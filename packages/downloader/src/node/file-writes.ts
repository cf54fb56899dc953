import { fstatSync } from 'node:fs';
import { refuseCut } from './changed-file.ts';
import { writeFully, type OpenFile } from './file-io.ts';
import type { FileStamps } from './file-stamps.ts';

interface Writing {
  readonly fileIndex: number;
  readonly file: OpenFile;
  readonly ticket: number;
}

/**
 * Writes to files. Each is looked at before the first of several writes in a row, to find out whether someone else changed
 * it, and after the last, to know it again.
 */
export class FileWrites {
  readonly #stamps: FileStamps;
  /** The file that was written to last, while it has not been looked at again. */
  #writing: Writing | undefined;

  constructor(stamps: FileStamps) {
    this.#stamps = stamps;
  }

  /**
   * Writes all bytes at a place in a file. {@link end} follows, at once; before that, the file stays open.
   *
   * @param offset - In bytes, from the start of the file.
   * @throws {DownloadError} `CHANGED`, and what the system reports.
   */
  write(fileIndex: number, file: OpenFile, bytes: Uint8Array, offset: number): void {
    if (this.#writing?.fileIndex !== fileIndex) {
      this.end();
      this.#begin(fileIndex, file);
    }
    writeFully(file, bytes, offset);
  }

  /** Takes the file that was written to for what it is now. @throws what the system reports. */
  end(): void {
    if (this.#writing === undefined) return;
    const { fileIndex, file, ticket } = this.#writing;
    this.#writing = undefined;
    try {
      this.#stamps.wrote(fileIndex, ticket, fstatSync(file.fd, { bigint: true }));
    } finally {
      this.#stamps.leave(fileIndex);
    }
  }

  #begin(fileIndex: number, file: OpenFile): void {
    const ticket = this.#stamps.enter(fileIndex);
    try {
      // First what it must have, then what it has: another thread may be adding to it.
      const expected = this.#stamps.length(fileIndex);
      const found = fstatSync(file.fd, { bigint: true });
      refuseCut(file.path, found.nlink === 0n ? undefined : Number(found.size), expected);
      this.#stamps.compare(fileIndex, ticket, found);
    } catch (error) {
      this.#stamps.leave(fileIndex);
      throw error;
    }
    this.#writing = { fileIndex, file, ticket };
  }
}
