import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';
import { client } from './client.ts';
import { SYSTEM_PYTHON } from './libtorrent-seeder.ts';
import type { SeederKind } from './seeder.ts';

const SEEDER_PROGRAM: Record<SeederKind, string> = {
  aria2: 'aria2c',
  libtorrent: 'python3-libtorrent',
  transmission: 'transmission-daemon',
};

/**
 * Skips the test, with the reason, if a program it needs is not installed. In CI that is a failure:
 * a run in which nothing was tested must not look like one in which everything passed.
 */
export function requirePrograms(context: TestContext, seeders: readonly SeederKind[]): void {
  const programs = ['opentracker', 'mktorrent', 'transmission-create', 'transmission-show'];
  for (const seeder of seeders) programs.push(SEEDER_PROGRAM[seeder]);
  const missing = programs.filter((program) => !isInstalled(program));
  if (client.missing !== undefined) missing.push(client.missing);
  if (missing.length === 0) return;
  const note = `Cannot run this test: not installed: ${missing.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(note);
  if (!shown.has(note)) console.warn(note);
  shown.add(note);
  context.skip(note);
}

const shown = new Set<string>();
const known = new Map<string, boolean>();

function isInstalled(program: string): boolean {
  const found =
    known.get(program) ?? (program === 'python3-libtorrent' ? hasLibtorrent() : isInPath(program));
  known.set(program, found);
  return found;
}

function hasLibtorrent(): boolean {
  return spawnSync(SYSTEM_PYTHON, ['-c', 'import libtorrent']).status === 0;
}

/** @returns Whether one of the folders in PATH has a program of this name. */
export function isInPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
