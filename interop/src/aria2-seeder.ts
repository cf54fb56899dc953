import { freePort } from './free-port.ts';
import { ManagedProcess } from './managed-process.ts';
import type { Seeder, SeederOptions } from './seeder.ts';

/** aria2 as a seeder: it checks what is there, announces and serves. */
export async function startAria2Seeder(options: SeederOptions): Promise<Seeder> {
  const rpcPort = await freePort();
  const { uploadLimit = 0, selection, port } = options;
  const process = await ManagedProcess.start(options.name, 'aria2c', [
    '--no-conf=true',
    `--dir=${options.dataFolder}`,
    '--check-integrity=true',
    '--file-allocation=none',
    '--allow-overwrite=true',
    '--seed-ratio=0.0',
    `--listen-port=${port}`,
    `--max-upload-limit=${uploadLimit}`,
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--enable-rpc=true',
    `--rpc-listen-port=${rpcPort}`,
    '--show-console-readout=false',
    '--summary-interval=0',
    ...(selection === undefined
      ? []
      : [`--select-file=${selection.wanted.map((index) => index + 1).join(',')}`]),
    options.torrent,
  ]);
  return {
    process,
    port,
    uploadedBytes: () => uploadedBytes(process, rpcPort),
  };
}

async function uploadedBytes(process: ManagedProcess, rpcPort: number): Promise<number> {
  process.assertRunning();
  const response = await fetch(`http://127.0.0.1:${rpcPort}/jsonrpc`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'aria2.tellActive', params: [['uploadLength']] }),
  });
  return Number(/"uploadLength":"(\d+)"/u.exec(await response.text())?.[1] ?? 0);
}
