import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@millrace/interop/free-port';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { isInPath } from '@millrace/interop/requirements';

const MILLRACE = join(import.meta.dirname, '../../../apps/cli/dist/bin.js');
const LEECHER = join(import.meta.dirname, 'magnet_leecher.py');

export interface MagnetProgram {
  readonly name: string;
  readonly isAvailable: boolean;
  /** The command that downloads what a magnet link stands for into a folder. */
  command(magnet: string, folder: string): Promise<readonly [string, ...string[]]>;
}

/** Ours first, then the rivals. */
export const MAGNET_PROGRAMS: readonly MagnetProgram[] = [
  {
    name: 'millrace',
    isAvailable: existsSync(MILLRACE),
    command: (magnet, folder) =>
      Promise.resolve([
        process.execPath,
        MILLRACE,
        'download',
        '--quiet',
        '-o',
        join(folder, 'payload.bin'),
        magnet,
      ]),
  },
  {
    name: 'libtorrent',
    isAvailable: true, // the seeder needs it too
    command: (magnet, folder) => Promise.resolve([SYSTEM_PYTHON, LEECHER, magnet, folder]),
  },
  {
    name: 'aria2',
    isAvailable: isInPath('aria2c'),
    command: async (magnet, folder) => [
      'aria2c',
      '--no-conf=true',
      `--dir=${folder}`,
      `--listen-port=${await freePort()}`,
      '--seed-time=0',
      '--file-allocation=none',
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      '--quiet=true',
      magnet,
    ],
  },
];
