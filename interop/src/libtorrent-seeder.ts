import { join } from 'node:path';
import { ManagedProcess } from './managed-process.ts';
import type { Seeder, SeederOptions } from './seeder.ts';

const SCRIPT = join(import.meta.dirname, 'seeder.py');

/** The Python that Debian's python3-libtorrent belongs to; another one may come first in PATH. */
export const SYSTEM_PYTHON = '/usr/bin/python3';

export interface LibtorrentSeederOptions extends SeederOptions {
  /** The address it listens on. @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** The port of a peer at the same address that it connects to. */
  readonly friendPort?: number;
  /** A command that starts the one that follows it, such as `nsenter` with its options. */
  readonly launcher?: readonly string[];
}

/** libtorrent as a seeder: it checks what is there and serves that, and asks nobody for the rest. */
export async function startLibtorrentSeeder(options: LibtorrentSeederOptions): Promise<Seeder> {
  const { name, torrent, dataFolder, port, uploadLimit = 0, host = '127.0.0.1', launcher = [] } = options;
  const friend = options.friendPort === undefined ? [] : [`${options.friendPort}`];
  const script = [SYSTEM_PYTHON, SCRIPT, torrent, dataFolder, `${port}`, `${uploadLimit}`, host, ...friend];
  if (options.isLeecher === true) script.push('--leech');
  const [program = SYSTEM_PYTHON, ...args] = [...launcher, ...script];
  let uploaded = 0;
  const process = await ManagedProcess.start(name, program, args, {
    onLine: (line) => {
      uploaded = Number(/"uploaded": (\d+)/u.exec(line)?.[1] ?? uploaded);
    },
  });
  return {
    process,
    port,
    uploadedBytes: () => {
      process.assertRunning();
      return Promise.resolve(uploaded);
    },
  };
}
