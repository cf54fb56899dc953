import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Contestant } from '../contestant.ts';

const VERSION = '3.0.21';
const FOLDER = join(import.meta.dirname, '../../.cache', `webtorrent-${VERSION}`);
const ENTRY = join(FOLDER, 'node_modules/webtorrent/index.js');
const PROCESS = join(import.meta.dirname, 'webtorrent-process.ts');
const INSTALL_TIMEOUT_MS = 300_000;

const run = promisify(execFile);

/**
 * Makes a contestant of webtorrent. It comes with 160 packages, so it is no dependency of the workspace: npm fetches it
 * when it is first needed, and none of its install scripts is run.
 */
export async function prepareWebtorrent(): Promise<Contestant> {
  return {
    name: 'webtorrent',
    isAvailable: await isUsable(),
    command: ({ torrent, target }) =>
      Promise.resolve([process.execPath, PROCESS, ENTRY, torrent, dirname(target)]),
  };
}

async function isUsable(): Promise<boolean> {
  try {
    if (!existsSync(ENTRY)) await install();
    await run(process.execPath, [PROCESS, ENTRY]);
    return true;
  } catch (error) {
    console.error(
      `Cannot use webtorrent ${VERSION}: ${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
}

/** Installs beside, then moves: an installation that was cut short is not taken for one. */
async function install(): Promise<void> {
  console.error(`Installing webtorrent ${VERSION} into ${FOLDER}`);
  const fresh = `${FOLDER}-${process.pid}`;
  try {
    await mkdir(fresh, { recursive: true });
    await writeFile(join(fresh, 'package.json'), '{ "private": true }\n');
    const flags = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...flags, `webtorrent@${VERSION}`], {
      cwd: fresh,
      timeout: INSTALL_TIMEOUT_MS,
    });
    await rm(FOLDER, { recursive: true, force: true });
    await rename(fresh, FOLDER);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
