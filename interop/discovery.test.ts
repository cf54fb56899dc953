import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { compareTrees } from './src/compare-trees.ts';
import { SYSTEM_PYTHON } from './src/libtorrent-seeder.ts';
import { startLoneSeeder } from './src/lone-seeder.ts';
import { ManagedProcess } from './src/managed-process.ts';
import { MILLRACE, runMillrace } from './src/millrace.ts';
import { NODE_ADDRESSES, openNetNamespaces, OURS, THEIRS, type NetNamespaces } from './src/net-namespaces.ts';
import { KIB, writePayload } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { infoHashOf } from './src/torrent-file.ts';
import { waitFor } from './src/wait-for.ts';

const PORT = 51_413;
/** transmission takes most of a minute until it believes that it is in the DHT. */
const FOUND_MS = 90_000;
const TEST_MS = 180_000;
/** Where a tracker would be. */
const TRACKER = `${THEIRS.ipv4}:7000`;

/** Two hosts, one of which seeds a torrent that no tracker knows, and a download by its info hash on the other. */
class LoneSwarm implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #hosts: NetNamespaces;
  readonly #folder: string;
  readonly #torrent: string;
  readonly #payload: string;
  readonly #programs: ManagedProcess[] = [];
  #storedCount = 0;

  static async open(context: TestContext): Promise<LoneSwarm> {
    const hosts = openNetNamespaces(context);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
    const payload = await writePayload(join(folder, 'data'), { name: 'lone.bin', files: 300 * KIB });
    const torrent = join(folder, 'lone.torrent');
    await runMillrace(['create', '-o', torrent, payload]);
    const swarm = new LoneSwarm(hosts, folder, torrent, payload);
    context.onTestFailed(() => {
      console.error(swarm.#programs.map(({ log }) => log).join('\n'));
    });
    return swarm;
  }

  private constructor(hosts: NetNamespaces, folder: string, torrent: string, payload: string) {
    this.#hosts = this.#stack.use(hosts);
    this.#stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    this.#folder = folder;
    this.#torrent = torrent;
    this.#payload = payload;
  }

  /** Starts nodes of the DHT on our host, one for each address. Answers where they are. */
  async startNodes(family: 4 | 6): Promise<readonly (readonly [host: string, port: number])[]> {
    const addresses = NODE_ADDRESSES[family];
    const script = join(import.meta.dirname, 'src/dht-nodes-process.ts');
    const node = [process.execPath, '--conditions=@millrace/source', script, ...addresses];
    let port = 0;
    await this.#start('nodes', [...this.#hosts.ours.launcher, ...node], (line) => {
      port = Number(/"port":(\d+)/u.exec(line)?.[1] ?? port);
      this.#storedCount = Number(/"stored":(\d+)/u.exec(line)?.[1] ?? this.#storedCount);
    });
    await waitFor('the nodes to find each other', () => port > 0);
    return addresses.map((address) => [address, port] as const);
  }

  async seed(kind: SeederKind, family: 4 | 6, nodes: readonly (readonly [host: string, port: number])[]) {
    const seeder = await startLoneSeeder({
      kind,
      launcher: this.#hosts.theirs.launcher,
      torrent: this.#torrent,
      dataFolder: dirname(this.#payload),
      stateFolder: join(this.#folder, 'state'),
      host: THEIRS[`ipv${family}`],
      port: PORT,
      nodes,
    });
    this.#programs.push(this.#stack.use(seeder));
    if (nodes.length === 0) return;
    await waitFor(
      `${kind} to announce itself`,
      () => {
        seeder.assertRunning();
        return this.#storedCount > 0;
      },
      { timeoutMs: FOUND_MS },
    );
  }

  /** Downloads by the info hash. Answers the exit code, who named the peers, and what differs. */
  async fetch(way: 'dht' | 'lan', flags: readonly string[]) {
    const target = join(this.#folder, 'out', basename(this.#payload));
    const origins = new Set<string>();
    const command = [process.execPath, MILLRACE, 'download', '--json', '-o', target, '--timeout', '60s'];
    const launcher = [
      ...this.#hosts.ours.launcher,
      'env',
      `MILLRACE_DISCOVERY=${way}`,
      `XDG_CACHE_HOME=${this.#folder}`,
    ];
    const run = await this.#start(
      'millrace',
      [...launcher, ...command, ...flags, await infoHashOf(this.#torrent)],
      (line) => {
        const origin = /"event":"peerConnected".*"origin":"(\w+)"/u.exec(line)?.[1];
        if (origin !== undefined) origins.add(origin);
      },
    );
    const { code } = await run.exit;
    return { code, origins: [...origins], differences: await compareTrees(this.#payload, target) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #start(name: string, [program = '', ...args]: readonly string[], onLine: (line: string) => void) {
    const started = await ManagedProcess.start(name, program, args, { onLine });
    this.#programs.push(this.#stack.use(started));
    return started;
  }
}

describe.concurrent('millrace finds, without any tracker,', () => {
  it.for<[SeederKind, 4 | 6]>([
    ['aria2', 4],
    ['libtorrent', 4],
    ['transmission', 4],
    ['aria2', 6],
    ['libtorrent', 6],
  ])('%s by the DHT alone, over IPv%i', { timeout: TEST_MS }, async ([kind, family], context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await LoneSwarm.open(context);
    const nodes = await swarm.startNodes(family);
    await swarm.seed(kind, family, nodes);
    const [host = '', port = 0] = nodes[0] ?? [];
    const bootstrap = family === 6 ? `[${host}]:${port}` : `${host}:${port}`;
    const flags = ['--dht-bootstrap', bootstrap, '--bind', OURS[`ipv${family}`]];
    const { code, origins, differences } = await swarm.fetch('dht', flags);
    expect({ code, origins, differences }).toEqual({ code: 0, origins: ['dht'], differences: [] });
  });

  it.for<[SeederKind]>([['libtorrent'], ['transmission']])(
    '%s in the local network',
    { timeout: TEST_MS },
    async ([kind], context) => {
      const { expect } = context;
      requirePrograms(context, [kind]);
      await using swarm = await LoneSwarm.open(context);
      const fetched = swarm.fetch('lan', []);
      await swarm.seed(kind, 4, []);
      const { code, origins, differences } = await fetched;
      expect({ code, differences }).toEqual({ code: 0, differences: [] });
      expect(origins.every((origin) => origin === 'lan' || origin === 'incoming')).toBe(true);
    },
  );
});

/** Tries for some seconds to download a torrent whose tracker is gone. Answers where packets were sent to. */
async function placesContacted(context: TestContext, flags: readonly string[]): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack();
  const { launcher } = stack.use(openNetNamespaces(context)).ours;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const payload = await writePayload(folder, { name: 'private.bin', files: 100 * KIB });
  const torrent = join(folder, 'private.torrent');
  await runMillrace(['create', ...flags, '-t', `http://${TRACKER}/announce`, '-o', torrent, payload]);
  const places = new Set<string>();
  const capture = [SYSTEM_PYTHON, join(import.meta.dirname, 'src/capture.py'), 'lan0'];
  const [program = '', ...args] = [...launcher, ...capture];
  const onLine = (line: string): void => void places.add(line);
  stack.use(await ManagedProcess.start('capture', program, args, { onLine }));
  await waitFor('the capture to begin', () => places.delete('ready'));
  const home = [`XDG_CACHE_HOME=${folder}`, 'MILLRACE_DISCOVERY=dht,lan'];
  const command = ['download', '-q', '--timeout', '5s', '--dht-bootstrap', `${THEIRS.ipv4}:7001`];
  const target = join(folder, 'out', 'private.bin');
  const words = [...launcher, 'env', ...home, process.execPath, MILLRACE, ...command, '-o', target, torrent];
  const [first = '', ...rest] = words;
  const run = stack.use(await ManagedProcess.start('millrace', first, rest));
  context.expect((await run.exit).code).toBe(3);
  return [...places];
}

describe.concurrent('millrace with a tracker that is gone', () => {
  it('sends packets to the tracker of a private torrent, and nowhere else', async (context) => {
    const { expect } = context;
    requirePrograms(context, []);
    const places = await placesContacted(context, ['--private']);
    expect(places).toEqual([`tcp ${TRACKER}`]);
  });

  it('looks in the DHT and the local network for peers of any other', async (context) => {
    const { expect } = context;
    requirePrograms(context, []);
    const places = await placesContacted(context, []);
    const expected = [
      `tcp ${TRACKER}`,
      `udp ${THEIRS.ipv4}:7001`,
      'udp 239.192.152.143:6771',
      'udp ff15::efc0:988f:6771',
    ];
    expect(places).toEqual(expect.arrayContaining(expected));
  });
});
