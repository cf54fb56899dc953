import { parseArgs } from 'node:util';
import { parseMetainfo } from '@millrace/metainfo';
import {
  type EngineCosts,
  engineCosts,
  manyEngines,
  timeToAdd,
  timeToResume,
} from './pieces/engine-costs.ts';
import { pickNanoseconds } from './pieces/picker-costs.ts';
import { sparseTorrent } from './pieces/sparse-torrent.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';
import { collectGarbage } from './trial.ts';

interface Run extends EngineCosts {
  readonly addMs: number;
  readonly resumeMs: number;
  readonly pickNanoseconds: number;
}

interface Result {
  readonly pieceCount: number;
  /** Heap and array buffers of one engine. */
  readonly heapBytes: number;
  readonly runs: readonly Run[];
}

/** Engines are weighed together until they have as many pieces as this, so that noise does not count. */
const WEIGHED_PIECES = 1_000_000;

/** Adds torrents of more and more pieces, and prints what a piece and a block cost in each. */
export async function pieces(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      pieces: { type: 'string', default: '1000,100000,1000000' },
      peers: { type: 'string', default: '50' },
    },
  });
  const runs = parseSize(values.runs);
  const peerCount = parseSize(values.peers);
  const sizes = values.pieces.split(',').map((size) => parseSize(size));
  const torrents = sizes.map((size) => ({ size, bytes: sparseTorrent(size) }));

  const measured = new Map<number, Run[]>(sizes.map((size) => [size, []]));
  // The first round is not counted: nothing is compiled yet.
  for (let round = 0; round <= runs; round += 1) {
    const first = round % torrents.length;
    for (const { size, bytes } of [...torrents.slice(first), ...torrents.slice(0, first)]) {
      const run = await runOnce(bytes, peerCount);
      if (round > 0) measured.get(size)?.push(run);
      console.error(`${round}/${runs} ${size} pieces: ${run.addMs.toFixed(1)} ms to add`);
    }
  }
  const results: Result[] = [];
  for (const { size, bytes } of torrents) {
    results.push({ pieceCount: size, heapBytes: await weigh(bytes), runs: measured.get(size) ?? [] });
  }
  console.log(`Pieces of 16 blocks; ${peerCount} peers that have half of them each; ${runs} runs`);
  console.log(formatResults(results));
  console.log(`written: ${await saveResult('pieces', { runs, peerCount, results })}`);
}

async function runOnce(bytes: Uint8Array, peerCount: number): Promise<Run> {
  const metainfo = parseMetainfo(bytes);
  collectGarbage();
  const addMs = await timeToAdd(bytes);
  const resumeMs = await timeToResume(metainfo);
  const costs = await engineCosts(metainfo, peerCount);
  return {
    addMs,
    resumeMs,
    ...costs,
    pickNanoseconds: pickNanoseconds(metainfo.layout.pieceCount, peerCount),
  };
}

/** Weighs engines that have checked what is there and have no peers; the .torrent's bytes do not count. */
async function weigh(bytes: Uint8Array): Promise<number> {
  const metainfo = parseMetainfo(bytes);
  const count = Math.ceil(WEIGHED_PIECES / metainfo.layout.pieceCount);
  const before = allocated();
  const engines = await manyEngines(metainfo, count);
  const heapBytes = (allocated() - before) / count;
  for (const engine of engines) await engine[Symbol.asyncDispose]();
  return heapBytes;
}

function allocated(): number {
  collectGarbage();
  collectGarbage(); // what the first one found is given back by the second
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function formatResults(results: readonly Result[]): string {
  const columns: readonly (readonly [string, (run: Run) => number, number])[] = [
    ['add ms', ({ addMs }) => addMs, 1],
    ['resume half ms', ({ resumeMs }) => resumeMs, 1],
    ['bitfield ms', ({ bitfieldMs }) => bitfieldMs, 1],
    ['have ns', ({ haveNanoseconds }) => haveNanoseconds, 0],
    ['pick ns', ({ pickNanoseconds: nanoseconds }) => nanoseconds, 0],
    ['block ns, 1 peer', ({ blockNanoseconds }) => blockNanoseconds, 0],
    ['block ns, all peers', ({ crowdBlockNanoseconds }) => crowdBlockNanoseconds, 0],
  ];
  const rows = results.map((result) => [
    `${result.pieceCount}`,
    (result.heapBytes / 1024).toFixed(0),
    (result.heapBytes / result.pieceCount).toFixed(1),
    ...columns.map(([, pick, digits]) => spread(result, pick, digits)),
  ]);
  return formatTable(['pieces', 'KiB', 'bytes a piece', ...columns.map(([title]) => title)], rows);
}

function spread({ runs }: Result, pick: (run: Run) => number, digits: number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
