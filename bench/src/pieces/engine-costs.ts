import { givenPeers, Torrent } from '@millrace/downloader';
import { type Metainfo, parseMetainfo, peerId } from '@millrace/metainfo';
import { Bitfield, encodeMessage } from '@millrace/peer-wire';
import { ManualClock, seededRandom } from '@millrace/testkit';
import { collectGarbage } from '../trial.ts';
import { blindStore, someOf } from './blind-store.ts';
import { BlockServer } from './block-server.ts';

/** Blocks that are timed; fewer than the smallest torrent has. */
const BLOCKS = 12_000;
/** About half of them are news. */
const HAVE_ATTEMPTS = 20_000;
const TICK_MS = 500;

/** One torrent in the engine, and peers without sockets, in a time that stands still. */
class Setting implements AsyncDisposable {
  readonly servers: BlockServer[] = [];
  /** Milliseconds that each peer's bitfield took. */
  readonly bitfieldMs: number[] = [];
  /** Milliseconds from the store's answer to where peers are looked for. */
  resumeMs = 0;
  readonly #stop = new AbortController();
  readonly #clock = new ManualClock();
  readonly #metainfo: Metainfo;
  readonly #random = seededRandom(5);
  #running: Promise<void> = Promise.resolve();

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo;
  }

  /** Makes the torrent; `haves` are the peers that it will find. */
  make(there: Bitfield, haves: readonly Bitfield[]): Torrent {
    const { infoHash, layout } = this.#metainfo;
    const store = blindStore(there);
    let examinedMs = 0;
    store.examine = async () => {
      examinedMs = performance.now();
      return there;
    };
    return new Torrent({
      infoHash,
      peerId: peerId(new Uint8Array(20).fill(255)),
      layout,
      store,
      sources: [givenPeers(haves.map((_, at) => ({ host: '10.0.0.1', port: at + 1 })))],
      dial: async (_, handler) => {
        const server = new BlockServer(handler);
        this.servers.push(server);
        return server;
      },
      clock: this.#clock,
      random: this.#random,
      maxPeers: Math.max(1, haves.length),
      memoryBytes: 64 * 1024 ** 2,
      requestTimeoutMs: 20_000,
      onEvent: ({ type }) => {
        if (type === 'checked') this.resumeMs = performance.now() - examinedMs;
      },
    });
  }

  /** Runs the torrent until every peer is connected and has told what it has. */
  async run(torrent: Torrent, haves: readonly Bitfield[]): Promise<void> {
    this.#running = torrent.run(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
    while (torrent.statistics().phase === 'checking') await settle();
    while (this.servers.length < haves.length) {
      this.#clock.advance(TICK_MS);
      await settle();
    }
    await settle();
    for (const [at, have] of haves.entries())
      this.bitfieldMs.push(this.servers[at]?.open(this.#metainfo.infoHash, at, have) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Times from the bytes of a .torrent to an engine that looks for peers, in milliseconds. */
export async function timeToAdd(torrentBytes: Uint8Array): Promise<number> {
  const start = performance.now();
  const metainfo = parseMetainfo(torrentBytes);
  await using setting = new Setting(metainfo);
  const torrent = setting.make(new Bitfield(metainfo.layout.pieceCount), []);
  await setting.run(torrent, []);
  return performance.now() - start;
}

/** Times what an engine does at once when half of the pieces are found on disk, in milliseconds. */
export async function timeToResume(metainfo: Metainfo): Promise<number> {
  await using setting = new Setting(metainfo);
  const there = someOf(metainfo.layout.pieceCount, 0.5, seededRandom(1));
  await setting.run(setting.make(there, []), []);
  return setting.resumeMs;
}

/** Makes engines that have checked what is there; the caller holds them to weigh them. */
export async function manyEngines(metainfo: Metainfo, count: number): Promise<readonly AsyncDisposable[]> {
  const settings: AsyncDisposable[] = [];
  for (let at = 0; at < count; at += 1) {
    const setting = new Setting(metainfo);
    await setting.run(setting.make(new Bitfield(metainfo.layout.pieceCount), []), []);
    settings.push(setting);
  }
  return settings;
}

export interface EngineCosts {
  /** From one peer that has everything. */
  readonly blockNanoseconds: number;
  /** From many that have half of it each, chosen at random. */
  readonly crowdBlockNanoseconds: number;
  /** Of the slowest of these. */
  readonly bitfieldMs: number;
  readonly haveNanoseconds: number;
}

/** Times what the engine does for a block from one peer, and with many peers. */
export async function engineCosts(metainfo: Metainfo, peerCount: number): Promise<EngineCosts> {
  const { pieceCount } = metainfo.layout;
  const random = seededRandom(2);
  const one = [someOf(pieceCount, 1, random)];
  const crowd = Array.from({ length: peerCount }, () => someOf(pieceCount, 0.5, random));
  const alone = await timeBlocks(metainfo, one);
  const together = await timeBlocks(metainfo, crowd);
  return {
    blockNanoseconds: alone.blockNanoseconds,
    crowdBlockNanoseconds: together.blockNanoseconds,
    bitfieldMs: together.bitfieldMs,
    haveNanoseconds: together.haveNanoseconds,
  };
}

async function timeBlocks(
  metainfo: Metainfo,
  haves: readonly Bitfield[],
): Promise<{ blockNanoseconds: number; bitfieldMs: number; haveNanoseconds: number }> {
  await using setting = new Setting(metainfo);
  const torrent = setting.make(new Bitfield(metainfo.layout.pieceCount), haves);
  await setting.run(torrent, haves);
  const haveNanoseconds = timeHaves(setting, haves);
  collectGarbage();
  let count = 0;
  let elapsed = 0;
  while (count < BLOCKS) {
    const start = performance.now();
    const before = count;
    for (const server of setting.servers) count += server.answer();
    elapsed += performance.now() - start;
    if (count === before) throw new Error(`Cannot time more than ${count} blocks: nothing is asked for`);
    await settle();
  }
  return {
    blockNanoseconds: (elapsed * 1e6) / count,
    bitfieldMs: Math.max(...setting.bitfieldMs),
    haveNanoseconds,
  };
}

/** Peers tell in turn of random pieces that they had not; those that have everything tell nothing. */
function timeHaves({ servers }: Setting, haves: readonly Bitfield[]): number {
  const random = seededRandom(3);
  const news: { readonly server: BlockServer; readonly message: Uint8Array }[] = [];
  for (let attempt = 0; attempt < HAVE_ATTEMPTS; attempt += 1) {
    const at = attempt % servers.length;
    const [server, have] = [servers[at], haves[at]];
    const index = Math.floor(random() * (have?.size ?? 0));
    if (server !== undefined && have?.add(index))
      news.push({ server, message: encodeMessage({ type: 'have', index }) });
  }
  const start = performance.now();
  for (const { server, message } of news) server.receive(message);
  return ((performance.now() - start) * 1e6) / Math.max(1, news.length);
}

/** Lets every promise settle. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
