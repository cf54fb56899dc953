import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { ManagedProcess } from './managed-process.ts';
import type { Seeder, SeederOptions } from './seeder.ts';
import { waitFor } from './wait-for.ts';

const SESSION_HEADER = 'X-Transmission-Session-Id';

/** transmission-daemon as a seeder: it checks what is there, announces and serves. */
export async function startTransmissionSeeder(options: SeederOptions): Promise<Seeder> {
  const { name, stateFolder, port } = options;
  const rpcPort = await freePort();
  await mkdir(stateFolder, { recursive: true });
  await writeFile(join(stateFolder, 'settings.json'), JSON.stringify(settings(options, rpcPort)));
  const process = await ManagedProcess.start(name, 'transmission-daemon', [
    '--foreground',
    '--log-info',
    '--config-dir',
    stateFolder,
  ]);
  const rpc = new TransmissionRpc(process, rpcPort);
  try {
    await waitFor(`${name} to answer`, () => rpc.isReady());
    await rpc.call('torrent-add', {
      metainfo: (await readFile(options.torrent)).toString('base64'),
      'download-dir': options.dataFolder,
      ...(options.selection && { 'files-unwanted': options.selection.unwanted }),
    });
  } catch (error) {
    await process.kill();
    throw error;
  }
  return {
    process,
    port,
    uploadedBytes: async () => {
      const reply = await rpc.call('torrent-get', { fields: ['uploadedEver'] });
      return Number(/"uploadedEver":(\d+)/u.exec(reply)?.[1] ?? 0);
    },
  };
}

function settings(options: SeederOptions, rpcPort: number): object {
  return {
    'bind-address-ipv4': '127.0.0.1',
    'peer-port': options.port,
    'rpc-bind-address': '127.0.0.1',
    'rpc-port': rpcPort,
    'download-dir': options.dataFolder,
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    'speed-limit-up-enabled': options.uploadLimit !== undefined,
    'speed-limit-up': Math.round((options.uploadLimit ?? 0) / 1000),
  };
}

/** Its JSON-RPC, which wants back the session id it named in a first refusal. */
class TransmissionRpc {
  readonly #process: ManagedProcess;
  readonly #url: string;
  #sessionId = '';

  constructor(process: ManagedProcess, port: number) {
    this.#process = process;
    this.#url = `http://127.0.0.1:${port}/transmission/rpc`;
  }

  async isReady(): Promise<boolean> {
    this.#process.assertRunning();
    const response = await fetch(this.#url).catch(() => undefined);
    this.#sessionId = response?.headers.get(SESSION_HEADER) ?? '';
    return this.#sessionId !== '';
  }

  /** @returns The reply, which is JSON. */
  async call(method: string, args: object): Promise<string> {
    this.#process.assertRunning();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { [SESSION_HEADER]: this.#sessionId },
      body: JSON.stringify({ method, arguments: args }),
    });
    const reply = await response.text();
    if (!reply.includes('"result":"success"'))
      throw new Error(`Cannot ${method}: transmission says ${reply}`);
    return reply;
  }
}
