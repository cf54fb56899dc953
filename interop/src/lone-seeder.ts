import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_PYTHON } from './libtorrent-seeder.ts';
import { ManagedProcess } from './managed-process.ts';
import type { SeederKind } from './seeder.ts';

/** A client on a host of its own, that finds others by the DHT, the local network, and trackers that the torrent names. */
export interface LoneSeederOptions {
  readonly kind: SeederKind;
  /** What to put before its command. */
  readonly launcher: readonly string[];
  readonly torrent: string;
  /** Where the content is, or goes. */
  readonly dataFolder: string;
  readonly stateFolder: string;
  /** Its address, of one family. */
  readonly host: string;
  readonly port: number;
  /** Nodes of the DHT, as `host` and `port`; none to use the local network instead. */
  readonly nodes: readonly (readonly [host: string, port: number])[];
}

export async function startLoneSeeder(options: LoneSeederOptions): Promise<ManagedProcess> {
  await mkdir(options.stateFolder, { recursive: true });
  const command = await COMMANDS[options.kind](options);
  const [program = '', ...args] = [...options.launcher, ...command];
  return ManagedProcess.start(options.kind, program, args);
}

const COMMANDS: Record<SeederKind, (options: LoneSeederOptions) => Promise<readonly string[]>> = {
  aria2: async ({ torrent, dataFolder, stateFolder, host, port, nodes: [node] }) => {
    const six = host.includes(':') ? '6' : '';
    const dht = [
      `--enable-dht${six}=true`,
      `--dht-entry-point${six}=${six === '' ? node?.[0] : `[${node?.[0]}]`}:${node?.[1]}`,
      ...(six === '' ? [] : [`--dht-listen-addr6=${host}`]),
    ];
    return [
      'aria2c',
      '--no-conf=true',
      `--dir=${dataFolder}`,
      '--check-integrity=true',
      '--file-allocation=none',
      '--allow-overwrite=true',
      '--seed-ratio=0.0',
      `--listen-port=${port}`,
      `--dht-listen-port=${port}`,
      `--dht-file-path=${join(stateFolder, 'dht.dat')}`,
      `--dht-file-path6=${join(stateFolder, 'dht6.dat')}`,
      ...(six === '' ? ['--enable-dht6=false'] : ['--enable-dht=false', '--disable-ipv6=false']),
      ...(node === undefined ? ['--enable-dht=false'] : dht),
      `--bt-enable-lpd=${node === undefined}`,
      '--enable-peer-exchange=false',
      '--show-console-readout=false',
      '--summary-interval=0',
      torrent,
    ];
  },
  libtorrent: async ({ torrent, dataFolder, host, port, nodes }) => [
    SYSTEM_PYTHON,
    join(import.meta.dirname, 'lone_seeder.py'),
    torrent,
    dataFolder,
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ...nodes.map(([node, at]) => `${node} ${at}`),
  ],
  transmission: async ({ torrent, dataFolder, stateFolder, host, port, nodes }) => {
    const settings = {
      'bind-address-ipv4': host,
      'peer-port': port,
      'rpc-enabled': false,
      'download-dir': dataFolder,
      'watch-dir': join(stateFolder, 'watch'),
      'watch-dir-enabled': true,
      'dht-enabled': nodes.length > 0,
      'lpd-enabled': nodes.length === 0,
      'pex-enabled': true,
      'utp-enabled': false,
      'port-forwarding-enabled': false,
    };
    await mkdir(settings['watch-dir'], { recursive: true });
    await writeFile(join(stateFolder, 'settings.json'), JSON.stringify(settings));
    await writeFile(join(stateFolder, 'dht.dat'), knownNodes(nodes));
    await copyFile(torrent, join(settings['watch-dir'], 'lone.torrent'));
    return ['transmission-daemon', '--foreground', '--log-debug', '--config-dir', stateFolder];
  },
};

/** What transmission keeps of nodes, all of IPv4, between two runs: it asks those soon, others at its leisure. */
function knownNodes(nodes: LoneSeederOptions['nodes']): Uint8Array {
  const compact = nodes.map(([host, port]) => [...host.split('.').map(Number), port >>> 8, port & 0xff]);
  const bytes = Uint8Array.from(compact.flat());
  const id = Buffer.from('transmission-of-test');
  return Buffer.concat([
    Buffer.from('d2:id20:'),
    id,
    Buffer.from(`5:nodes${bytes.length}:`),
    bytes,
    Buffer.from('e'),
  ]);
}
