import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export interface WriteOptions {
  /** Replaces what is there. */
  readonly overwrite: boolean;
  /** Permissions; by default those of any new file. */
  readonly mode?: number;
}

/**
 * Writes a file that is there as a whole or not at all, whatever happens meanwhile.
 *
 * @throws {Error} `EEXIST` if something is there and is not to be replaced.
 */
export async function writeFileWhole(
  output: string,
  bytes: Uint8Array,
  { overwrite, mode }: WriteOptions,
): Promise<void> {
  if (!overwrite) await refuseExisting(output);
  await mkdir(path.dirname(output), { recursive: true });
  const unfinished = path.join(path.dirname(output), `.millrace-${randomBytes(6).toString('hex')}.part`);
  try {
    await writeSafely(unfinished, bytes, mode);
    if (overwrite) await rename(unfinished, output);
    else await giveName(unfinished, output);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** @throws {Error} `EEXIST` if something is at `output`, a link to nothing included. */
export async function refuseExisting(output: string): Promise<void> {
  const found = await lstat(output).catch(() => undefined);
  if (found === undefined) return;
  const problem = { code: 'EEXIST', syscall: 'write', path: output };
  throw Object.assign(new Error(`Cannot write "${output}": something is there already`), problem);
}

/** Decides where a file goes: `output` may be a folder, which it is put into under `name`. */
export async function fileTarget(output: string | undefined, name: string): Promise<string> {
  if (output === undefined) return name;
  const isFolder =
    /[/\\]$/u.test(output) || (await stat(output).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? path.join(output, name) : output;
}

async function writeSafely(file: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const handle = await open(file, 'wx', 0o666);
  try {
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Unlike a rename, a second name is never given over something that has come to be there meanwhile. */
async function giveName(file: string, output: string): Promise<void> {
  try {
    await link(file, output);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw error;
    // A file system without second names.
    await refuseExisting(output);
    await rename(file, output);
  }
}
