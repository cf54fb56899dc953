import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'vitest';
import { client, startMillrace, type ClientRun } from './client.ts';
import { compareTrees } from './compare-trees.ts';
import { freePort } from './free-port.ts';
import type { ManagedProcess } from './managed-process.ts';
import { Opentracker } from './opentracker.ts';
import { writePayload, type PayloadSpec } from './payload.ts';
import type { Seeder, SeederKind, SeederOptions } from './seeder.ts';
import { startSeeder } from './start-seeder.ts';
import { infoHashOf, makeTorrent, type TorrentMaker } from './torrent-file.ts';
import { waitFor } from './wait-for.ts';

export interface SwarmOptions {
  readonly payload: PayloadSpec;
  readonly pieceLength: number;
  readonly maker?: TorrentMaker;
}

export interface SwarmSeederOptions extends Pick<SeederOptions, 'uploadLimit' | 'selection' | 'isLeecher'> {
  /** Takes something away from the seeder's own copy of the payload before it starts. */
  readonly prepare?: (data: string) => Promise<void>;
  /** That of a seeder which is gone, to take its place: the tracker cannot tell the difference, so it is not asked. */
  readonly port?: number;
}

export interface SwarmSeeder extends Seeder {
  /** The seeder's own copy of the payload. */
  readonly data: string;
}

interface SwarmParts {
  readonly folder: string;
  readonly payload: string;
  readonly torrent: string;
  readonly infoHash: string;
  readonly tracker: Opentracker;
  readonly stack: AsyncDisposableStack;
}

/** One torrent with its tracker, its seeders and the client under test, in a folder of their own. */
export class Swarm implements AsyncDisposable {
  readonly torrent: string;
  readonly infoHash: string;
  /** The original. */
  readonly payload: string;
  /** What the client writes. */
  readonly target: string;
  readonly tracker: Opentracker;
  /** Everything is below it. */
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #processes: ManagedProcess[];
  #seederCount = 0;

  /** Makes the payload and its torrent and starts the tracker. What every program printed is shown if the test fails. */
  static async open(context: TestContext, options: SwarmOptions): Promise<Swarm> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
    stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const payload = await writePayload(join(folder, 'payload'), options.payload);
    const torrent = join(folder, 'test.torrent');
    const port = await freePort();
    await makeTorrent(payload, torrent, {
      maker: options.maker ?? 'mktorrent',
      pieceLength: options.pieceLength,
      announceUrl: `http://127.0.0.1:${port}/announce`,
    });
    const infoHash = await infoHashOf(torrent);
    const tracker = stack.use(await Opentracker.start({ folder: join(folder, 'tracker'), port, infoHash }));
    const swarm = new Swarm({ folder, payload, torrent, infoHash, tracker, stack: stack.move() });
    context.onTestFailed(() => console.error(swarm.log));
    return swarm;
  }

  private constructor(parts: SwarmParts) {
    this.torrent = parts.torrent;
    this.infoHash = parts.infoHash;
    this.payload = parts.payload;
    this.target = join(parts.folder, 'downloads', basename(parts.payload));
    this.folder = parts.folder;
    this.tracker = parts.tracker;
    this.#stack = parts.stack;
    this.#processes = [parts.tracker.process];
  }

  /** What every program of the swarm printed last. */
  get log(): string {
    return this.#processes.map((process) => process.log).join('\n');
  }

  /** Starts a seeder on a copy of the payload, and returns when the tracker knows it. */
  async addSeeder(kind: SeederKind, options: SwarmSeederOptions = {}): Promise<SwarmSeeder> {
    this.#seederCount += 1;
    const name = `${kind}-${this.#seederCount}`;
    const dataFolder = join(this.folder, name, 'data');
    const data = join(dataFolder, basename(this.payload));
    await mkdir(dataFolder, { recursive: true });
    await cp(this.payload, data, { recursive: true });
    await options.prepare?.(data);
    const before = await this.tracker.count();
    const seeder = await startSeeder(kind, {
      name,
      torrent: this.torrent,
      dataFolder,
      stateFolder: join(this.folder, name, 'state'),
      port: await freePort(),
      ...options,
    });
    this.own(seeder.process);
    if (options.port !== undefined) return { ...seeder, data };
    const which = options.prepare === undefined ? 'complete' : 'total';
    await waitFor(`${name} to announce itself`, async () => {
      seeder.process.assertRunning();
      return (await this.tracker.count())[which] > before[which];
    });
    return { ...seeder, data };
  }

  /** Starts another client that has nothing yet, and returns when the tracker knows it. */
  addLeecher(kind: SeederKind): Promise<SwarmSeeder> {
    const prepare = (data: string): Promise<void> => rm(data, { recursive: true });
    return this.addSeeder(kind, { isLeecher: true, prepare });
  }

  /** Has millrace seed the original, or what another client of ours has; returns when the tracker knows it. */
  async seed(flags: readonly string[] = []): Promise<ClientRun> {
    const before = await this.tracker.count();
    const run = await startMillrace([
      'seed',
      '--json',
      '--path',
      dirname(this.payload),
      ...flags,
      this.torrent,
    ]);
    this.own(run.process);
    await waitFor('millrace to announce itself', async () => {
      run.process.assertRunning();
      return (await this.tracker.count()).complete > before.complete;
    });
    return run;
  }

  /** A magnet link for the torrent, with parameters of its own, such as `tr`. */
  magnet(parameters: readonly (readonly [string, string])[]): string {
    const more = parameters.map(([key, value]) => `&${key}=${encodeURIComponent(value)}`);
    return `magnet:?xt=urn:btih:${this.infoHash}${more.join('')}`;
  }

  /** Starts the client under test, on the torrent unless told otherwise. */
  async download(
    source: string = this.torrent,
    flags: readonly string[] = [],
    target: string = this.target,
  ): Promise<ClientRun> {
    const run = await client.download(source, target, flags);
    this.own(run.process);
    return run;
  }

  /** Ends a program with the swarm, and shows what it printed if the test fails. */
  own(process: ManagedProcess): void {
    this.#processes.push(this.#stack.use(process));
  }

  /** Waits until `seeder` has sent more than so many bytes of payload. A client that ends before that is an error. */
  async untilSent(seeder: Seeder, bytes: number, run: ClientRun): Promise<void> {
    await waitFor(`${seeder.process.name} to send ${bytes} bytes`, async () => {
      run.process.assertRunning();
      return (await seeder.uploadedBytes()) > bytes;
    });
  }

  /** @returns What differs between the payload and what was downloaded. */
  compare(target: string = this.target): Promise<readonly string[]> {
    return compareTrees(this.payload, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
