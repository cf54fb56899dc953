import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_PYTHON } from './libtorrent-seeder.ts';
import { ManagedProcess } from './managed-process.ts';
import { waitFor } from './wait-for.ts';

const SCRIPT = join(import.meta.dirname, 'metadata_leecher.py');

export interface MetadataLeecherOptions {
  readonly magnet: string;
  /** An empty folder. */
  readonly folder: string;
  readonly port: number;
}

export interface MetadataLeecher {
  readonly process: ManagedProcess;
  readonly port: number;
  hasMetadata(): Promise<boolean>;
}

/** Starts a client that has only a magnet link, knows no one, and waits for someone to call. */
export async function startMetadataLeecher(
  kind: 'aria2' | 'libtorrent',
  options: MetadataLeecherOptions,
): Promise<MetadataLeecher> {
  return kind === 'aria2' ? startAria2(options) : startLibtorrent(options);
}

async function startLibtorrent({ magnet, folder, port }: MetadataLeecherOptions): Promise<MetadataLeecher> {
  const process = await ManagedProcess.start('libtorrent, a leecher', SYSTEM_PYTHON, [
    SCRIPT,
    magnet,
    folder,
    `${port}`,
  ]);
  await waitFor('libtorrent to listen', () => {
    process.assertRunning();
    return process.log.includes('"ready"');
  });
  return { process, port, hasMetadata: () => Promise.resolve(process.log.includes('"metadata"')) };
}

/** It writes what it got to a file, and ends. */
async function startAria2({ magnet, folder, port }: MetadataLeecherOptions): Promise<MetadataLeecher> {
  const process = await ManagedProcess.start('aria2, a leecher', 'aria2c', [
    '--no-conf=true',
    `--dir=${folder}`,
    `--listen-port=${port}`,
    '--bt-metadata-only=true',
    '--bt-save-metadata=true',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--show-console-readout=false',
    '--summary-interval=0',
    magnet,
  ]);
  const hasMetadata = async (): Promise<boolean> =>
    (await readdir(folder)).some((name) => name.endsWith('.torrent'));
  return { process, port, hasMetadata };
}
