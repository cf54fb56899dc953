import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { discard } from './memory/discarder.ts';
import { type Resident, residentOf } from './memory/resident.ts';
import { showThrottled } from './memory/throttled.ts';
import { toDisk } from './memory/to-disk.ts';
import { ZeroSeeder } from './memory/zero-seeder.ts';
import { zeroTorrent } from './memory/zero-torrent.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseSize, parseRate } from './size.ts';
import { formatTable } from './table.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Samples of one download, in order. */
interface Trace {
  readonly pieceLength: number;
  readonly samples: readonly Resident[];
}

/** Downloads more than fits into memory, samples what is resident, and prints tables. */
export async function memory(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '1GiB' },
      total: { type: 'string', default: '100GiB' },
      first: { type: 'string', default: '20GiB' },
      pieces: { type: 'string', default: '256KiB,4MiB' },
      peers: { type: 'string', default: '1' },
      folder: { type: 'string', default: tmpdir() },
      throttle: { type: 'string' },
    },
  });
  const pieceLengths = values.pieces.split(',').map((text) => parseSize(text));
  const peerCount = parseSize(values.peers);
  const totalLength = parseSize(values.total);
  const folder = await mkdtemp(join(values.folder, 'millrace-bench-memory-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  using stack = new DisposableStack();
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });
  const torrentOf = async (length: number, pieceLength: number): Promise<string> => {
    const path = join(folder, `${length}-${pieceLength}.torrent`);
    await writeFile(path, zeroTorrent(length, pieceLength));
    return path;
  };

  if (values.throttle !== undefined) {
    const bytesPerSecond = parseRate(values.throttle);
    for (const pieceLength of pieceLengths) {
      const torrent = await torrentOf(totalLength, pieceLength);
      await showThrottled({ torrent, pieceLength, bytesPerSecond, peerCount });
    }
    return;
  }

  const size = parseSize(values.size);
  const first = parseSize(values.first);
  const kept: Trace[] = [];
  const discarded: Trace[] = [];
  for (const pieceLength of pieceLengths) {
    const samples = await toDisk(await torrentOf(size, pieceLength), join(folder, 'zeros.bin'));
    kept.push({ pieceLength, samples });
  }
  for (const pieceLength of pieceLengths) {
    const torrent = await torrentOf(totalLength, pieceLength);
    discarded.push({ pieceLength, samples: await sampleDiscarded(torrent, first, peerCount) });
  }
  console.log(`Resident memory in MiB: ${formatMebibytes(size)} to disk by \`millrace download\``);
  console.log(formatKept(kept));
  console.log(
    `Resident memory in MiB: the first ${formatMebibytes(first)} of ${formatMebibytes(totalLength)}, from ${peerCount} ${peerCount === 1 ? 'peer' : 'peers'}, into nothing`,
  );
  console.log(formatDiscarded(discarded));
  const options = { size, totalLength, first, peerCount };
  console.log(`written: ${await saveResult('memory', { ...options, kept, discarded })}`);
}

/** Samples at each GiB. The last is taken near the end: its peak is that of the whole. */
async function sampleDiscarded(torrent: string, stopLength: number, peerCount: number): Promise<Resident[]> {
  await using seeder = await ZeroSeeder.start(torrent, peerCount);
  const samples: Resident[] = [];
  await discard({
    torrent,
    stopLength,
    bytesPerSecond: 0,
    peers: seeder.addresses,
    onProgress: ({ storedLength }, pid) => {
      if (storedLength < (samples.length + 1) * GIB) return;
      const resident = residentOf(pid);
      if (resident !== undefined) samples.push(resident);
    },
  });
  return samples;
}

function formatKept(traces: readonly Trace[]): string {
  const rows = traces.map(({ pieceLength, samples }) => [
    `${pieceLength / 1024} KiB`,
    peakOf(samples, 'peakBytes'),
    peakOf(samples, 'bytes'),
    peakOf(samples, 'anonymousBytes'),
    `${samples.length}`,
  ]);
  return formatTable(['pieces', 'peak by the kernel', 'largest sample', 'without files', 'samples'], rows);
}

function formatDiscarded(traces: readonly Trace[]): string {
  const count = Math.max(...traces.map(({ samples }) => samples.length));
  const rows = Array.from({ length: count }, (_, at) => [
    `after ${at + 1} GiB`,
    ...traces.map(({ samples }) => mebibytes(samples[at]?.bytes ?? 0)),
  ]);
  rows.push(['peak by the kernel', ...traces.map(({ samples }) => peakOf(samples, 'peakBytes'))]);
  rows.push(['without files, at most', ...traces.map(({ samples }) => peakOf(samples, 'anonymousBytes'))]);
  return formatTable(['', ...traces.map(({ pieceLength }) => `pieces of ${pieceLength / 1024} KiB`)], rows);
}

function peakOf(samples: readonly Resident[], figure: keyof Resident): string {
  return mebibytes(Math.max(0, ...samples.map((sample) => sample[figure])));
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
