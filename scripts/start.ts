/**
 * `pnpm start`: downloads a sample from a swarm on this machine, with the real client.
 * `pnpm start <words>`: runs the client with these words, where the user stands.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDemoSwarm, type SampleTorrent } from '../packages/testkit/src/index.ts';

const client = fileURLToPath(new URL('../apps/cli/dist/bin.js', import.meta.url));
/** pnpm runs scripts in the workspace's root and names here the folder it was called from. */
const userFolder = process.env['INIT_CWD'] ?? process.cwd();
const words = process.argv.slice(2);

process.exitCode = words.length > 0 ? await runClient(words) : await runDemo();
if (words.length === 0 && process.exitCode !== 0) {
  console.log(
    '\nThe tracker and the seeders are gone too. To go on with the sample: npx -y pnpm@12.21.0 start',
  );
}

async function runDemo(): Promise<number> {
  await using swarm = await startDemoSwarm();
  const temporary = await mkdtemp(join(tmpdir(), 'millrace-'));
  try {
    const torrentPath = join(temporary, 'sample.torrent');
    const downloads = join(userFolder, 'downloads');
    await writeFile(torrentPath, swarm.torrent.torrentBytes);
    await mkdir(downloads, { recursive: true });
    console.log(
      'A tracker and two seeders now run on this machine, inside this process. The client downloads from them:\n',
    );
    // The swarm is on this machine: there is no need to look for peers elsewhere.
    const environment = { ...process.env, MILLRACE_DISCOVERY: '' };
    const code = await runClient(['download', '-o', './downloads', torrentPath], environment);
    if (code === 0)
      await report(
        swarm.torrent,
        downloads,
        swarm.seeders.every(({ statistics }) => statistics.blocks === 0),
      );
    return code;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Compares every byte with what the seeders gave, and says where to find it. */
async function report(
  { metainfo, fileBytes }: SampleTorrent,
  downloads: string,
  wasThere: boolean,
): Promise<void> {
  const folder = join(downloads, metainfo.name);
  console.log('');
  for (const file of metainfo.files) {
    const path = join(folder, ...file.path);
    const bytes = await readFile(path);
    if (!bytes.equals(fileBytes[file.index] ?? new Uint8Array(0))) {
      throw new Error(`Cannot verify "${path}": its bytes differ from what the seeders gave`);
    }
    console.log(`  ${String(file.length).padStart(9)}  ${relative(userFolder, path)}`);
  }
  console.log(`\nEvery byte is right: ${metainfo.files.length} files are in ${folder}`);
  if (wasThere) console.log('They were there already. Remove that folder to see the download again.');
  console.log('To download something else: npx -y pnpm@12.21.0 start download some.torrent');
}

/** Runs the client in the user's folder and terminal. Answers its exit code. */
async function runClient(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const child = spawn(process.execPath, [client, ...args], { cwd: userFolder, env, stdio: 'inherit' });
  // Ctrl-C reaches the client by itself, from the terminal. This process must outlive it, to clean up after it; a second
  // copy of that signal would tell the client to stop at once.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !hasTerminal) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
    });
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}
