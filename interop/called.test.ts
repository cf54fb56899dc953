import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { compareTrees } from './src/compare-trees.ts';
import { startLoneSeeder } from './src/lone-seeder.ts';
import { ManagedProcess } from './src/managed-process.ts';
import { MILLRACE, runMillrace } from './src/millrace.ts';
import { openNetNamespaces, OURS, THEIRS } from './src/net-namespaces.ts';
import { MIB, writePayload } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { waitFor } from './src/wait-for.ts';

const TRACKER_PORT = 8000;
const OUR_PORT = 7000;
const THEIR_PORT = 51_413;
/** transmission tries an encrypted handshake first, and again in the clear when it gets round to it. */
const PATIENCE = { timeoutMs: 90_000, everyMs: 200 };

describe.concurrent('millrace, which knows of no one, is called', () => {
  it.for<[SeederKind]>([['aria2'], ['transmission']])(
    'by %s, and gives it everything',
    { timeout: 150_000 },
    async ([kind], context) => {
      requirePrograms(context, [kind]);
      const { expect } = context;
      await using stack = new AsyncDisposableStack();
      const hosts = stack.use(openNetNamespaces(context));
      const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
      stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
      const programs: ManagedProcess[] = [];
      context.onTestFailed(() => console.error(programs.map(({ log }) => log).join('\n')));
      const start = async (name: string, words: readonly string[], onLine: (line: string) => void) => {
        const [program = '', ...args] = [...hosts.ours.launcher, ...words];
        programs.push(stack.use(await ManagedProcess.start(name, program, args, { onLine })));
      };

      const payload = await writePayload(join(folder, 'data'), { name: 'given.bin', files: 5 * MIB + 1 });
      const torrent = join(folder, 'given.torrent');
      const tracker = `http://${OURS.ipv4}:${TRACKER_PORT}/announce`;
      await runMillrace(['create', '-t', tracker, '-o', torrent, payload]);
      const script = join(import.meta.dirname, 'src/one-peer-tracker-process.ts');
      const ports = [`${TRACKER_PORT}`, `${OUR_PORT}`];
      let isListening = false;
      await start('tracker', [process.execPath, script, OURS.ipv4, ...ports], () => (isListening = true));
      await waitFor('the tracker to listen', () => isListening);

      const origins = new Set<string>();
      let isSeeding = false;
      const seed = ['seed', '--json', '--state', 'none', '--port', `${OUR_PORT}`, '--path', dirname(payload)];
      const environment = ['env', 'MILLRACE_DISCOVERY=', `XDG_CACHE_HOME=${folder}`];
      await start('millrace', [...environment, process.execPath, MILLRACE, ...seed, torrent], (line) => {
        isSeeding ||= line.includes('"phase":"seeding"');
        const origin = /"event":"peerConnected".*"origin":"(\w+)"/u.exec(line)?.[1];
        if (origin !== undefined) origins.add(origin);
      });
      await waitFor('millrace to seed', () => isSeeding);

      const dataFolder = join(folder, 'theirs');
      await mkdir(dataFolder);
      const caller = await startLoneSeeder({
        kind,
        launcher: hosts.theirs.launcher,
        torrent,
        dataFolder,
        stateFolder: join(folder, 'state'),
        host: THEIRS.ipv4,
        port: THEIR_PORT,
        nodes: [],
      });
      programs.push(stack.use(caller));
      const target = join(dataFolder, basename(payload));
      const isWhole = async (): Promise<boolean> => {
        caller.assertRunning();
        return (await compareTrees(payload, target)).length === 0;
      };
      await waitFor(`${kind} to have everything`, isWhole, PATIENCE);
      expect([...origins]).toEqual(['incoming']);
    },
  );
});
