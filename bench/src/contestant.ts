import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInPath } from '@millrace/interop/requirements';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { freePort } from '@millrace/interop/free-port';

/** What a run is given: where to get the payload from and where to put it. */
export interface RunInput {
  /** A file, or a magnet link. */
  readonly torrent: string;
  /** The file or folder to write, named as the torrent says. */
  readonly target: string;
  /** The address to listen on, if it is another one than 127.0.0.1. */
  readonly host?: string;
}

export interface Contestant {
  readonly name: string;
  readonly isAvailable: boolean;
  /** The command that downloads, and ends when everything is there. */
  command(input: RunInput): Promise<readonly string[]>;
}

const MILLRACE = join(import.meta.dirname, '../../apps/cli/dist/bin.js');
const LEECHER = join(import.meta.dirname, 'leecher.py');

/** Programs that are there or not: ours first, then the rivals. */
export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'millrace',
    isAvailable: existsSync(MILLRACE),
    command: ({ torrent, target }) =>
      Promise.resolve([
        process.execPath,
        MILLRACE,
        'download',
        '--quiet',
        '--state',
        join(dirname(target), 'state'),
        '-o',
        target,
        torrent,
      ]),
  },
  {
    name: 'libtorrent',
    isAvailable: true, // the seeder needs it too
    command: ({ torrent, target, host = '127.0.0.1' }) =>
      Promise.resolve([SYSTEM_PYTHON, LEECHER, torrent, dirname(target), host]),
  },
  {
    name: 'aria2',
    isAvailable: isInPath('aria2c'),
    command: async ({ torrent, target }) => [
      'aria2c',
      '--no-conf=true',
      `--dir=${dirname(target)}`,
      `--listen-port=${await freePort()}`,
      '--seed-time=0',
      '--file-allocation=none',
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      '--quiet=true',
      torrent,
    ],
  },
];
