import { DownloadError } from '../error.ts';

/** Makes the error for a file of ours that someone else changed. */
export function changedFile(path: string, found: string): DownloadError {
  return new DownloadError({ code: 'CHANGED', path, found });
}

/**
 * Refuses a part file that was cut or deleted by someone else: what had been written to it would be missing.
 *
 * @param length - In bytes; `undefined` if it is gone.
 * @param expected - Bytes that it must have at least.
 * @throws {DownloadError} `CHANGED`
 */
export function refuseCut(path: string, length: number | undefined, expected: number): void {
  if (length === undefined) throw changedFile(path, 'it is gone');
  if (length < expected) throw changedFile(path, 'it is shorter than it was left');
}
