import { dirname, join } from 'node:path';
import { SYSTEM_PYTHON } from './libtorrent-seeder.ts';
import { runProgram } from './run-program.ts';
import { infoHashOf } from './torrent-file.ts';

const SCRIPT = join(import.meta.dirname, 'read_torrent.py');

/** What libtorrent reads in a torrent: see the script. Whether it has the payload whole is `isSeeding`. */
export async function readWithLibtorrent(torrent: string, payload: string): Promise<unknown> {
  return JSON.parse(await runProgram(SYSTEM_PYTHON, [SCRIPT, torrent, dirname(payload)]));
}

/** The info hash as each of the other programs computes it. */
export async function infoHashesOf(torrent: string): Promise<Record<'aria2' | 'transmission', string>> {
  const listing = await runProgram('aria2c', ['--no-conf=true', '--show-files=true', torrent]);
  const aria2 = /^Info Hash: ([0-9a-f]{40})$/mu.exec(listing)?.[1] ?? 'none';
  return { aria2, transmission: await infoHashOf(torrent) };
}

/** The options with which aria2 checks what is there of a torrent, and fails if it is not whole. */
export function aria2CheckOptions(torrent: string, payload: string): readonly string[] {
  return [
    '--no-conf=true',
    `--dir=${dirname(payload)}`,
    '--check-integrity=true',
    '--hash-check-only=true',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--quiet=true',
    torrent,
  ];
}

/** Fails unless aria2 finds every byte of the payload to be right. */
export async function checkWithAria2(torrent: string, payload: string): Promise<void> {
  await runProgram('aria2c', aria2CheckOptions(torrent, payload));
}
