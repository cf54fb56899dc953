import { constants, readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NO_FOLLOW } from './safe-open.ts';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW;

/**
 * One small file that is replaced as a whole or not at all, and the generation before it. Whoever is killed at any
 * moment, or loses power, leaves one of the two.
 */
export class ResumeFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Yields what is there, the newest first. What cannot be read, or is longer than `maxLength`, is as good as nothing. */
  *generations(maxLength: number): Generator<Uint8Array, void, void> {
    for (const path of [this.path, this.#older]) {
      const bytes = readSmall(path, maxLength);
      if (bytes !== undefined) yield bytes;
    }
  }

  /** Replaces it. Its folder is made if it is not there, for its owner alone. */
  async write(bytes: Uint8Array): Promise<void> {
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const newer = `${this.path}.new`;
    const file = await open(newer, NEW_FILE, 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.path, this.#older).catch(unlessMissing);
    await rename(newer, this.path);
    await syncFolder(folder);
  }

  async remove(): Promise<void> {
    for (const path of [this.path, this.#older, `${this.path}.new`]) await rm(path, { force: true });
  }

  get #older(): string {
    return `${this.path}.old`;
  }
}

function readSmall(path: string, maxLength: number): Uint8Array | undefined {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= maxLength ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function unlessMissing(error: unknown): void {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  if (!isMissing) throw error;
}

/** Not everywhere can a folder be synced, or has to be. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
