import { join } from 'node:path';
import { ManagedProcess } from './managed-process.ts';
import type { Seeder, SeederOptions } from './seeder.ts';

const SCRIPT = join(import.meta.dirname, 'seeder.py');

/** The Python that Debian's python3-libtorrent belongs to; another one may come first in PATH. */
export const SYSTEM_PYTHON = '/usr/bin/python3';

/** libtorrent as a seeder: it checks what is there and serves that, and asks nobody for the rest. */
export async function startLibtorrentSeeder(options: SeederOptions): Promise<Seeder> {
  const { name, torrent, dataFolder, port, uploadLimit = 0 } = options;
  let uploaded = 0;
  const process = await ManagedProcess.start(
    name,
    SYSTEM_PYTHON,
    [SCRIPT, torrent, dataFolder, `${port}`, `${uploadLimit}`],
    {
      onLine: (line) => {
        uploaded = Number(/"uploaded": (\d+)/u.exec(line)?.[1] ?? uploaded);
      },
    },
  );
  return {
    process,
    port,
    uploadedBytes: () => {
      process.assertRunning();
      return Promise.resolve(uploaded);
    },
  };
}
