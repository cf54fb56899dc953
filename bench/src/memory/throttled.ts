import { formatTable } from '../table.ts';
import { discard } from './discarder.ts';
import { residentOf } from './resident.ts';
import { ZeroSeeder } from './zero-seeder.ts';

export interface ThrottledOptions {
  readonly torrent: string;
  readonly pieceLength: number;
  /** What the storage takes. */
  readonly bytesPerSecond: number;
  readonly peerCount: number;
}

interface Moment {
  readonly atMs: number;
  readonly storedLength: number;
  readonly sentLength: number;
  readonly requestedLength: number;
  readonly bufferBytes: number;
  readonly residentBytes: number;
}

const SECONDS = 10;
const MIB = 1024 ** 2;
const BLOCK_LENGTH = 16_384;

/** Downloads for ten seconds into a storage that is slower than the network, and prints what happens each second. */
export async function showThrottled(options: ThrottledOptions): Promise<void> {
  const { torrent, pieceLength, bytesPerSecond, peerCount } = options;
  await using seeder = await ZeroSeeder.start(torrent, peerCount);
  const startMs = performance.now();
  const moments: Moment[] = [];
  await discard({
    torrent,
    stopLength: bytesPerSecond * SECONDS,
    bytesPerSecond,
    peers: seeder.addresses,
    onProgress: ({ storedLength, bufferBytes }, pid) => {
      const resident = residentOf(pid);
      if (resident === undefined) return;
      const atMs = performance.now() - startMs;
      moments.push({ atMs, storedLength, bufferBytes, residentBytes: resident.bytes, ...seeder.report });
    },
  });
  console.log(
    `A storage that takes ${bytesPerSecond / 1e6} MB/s, pieces of ${pieceLength / 1024} KiB, peers: ${peerCount}`,
  );
  console.log(formatMoments(moments));
}

/** One row a second. */
function formatMoments(moments: readonly Moment[]): string {
  const rows: string[][] = [];
  let before = { atMs: 0, storedLength: 0, sentLength: 0 };
  for (const moment of moments) {
    const { atMs, storedLength, sentLength, requestedLength, bufferBytes, residentBytes } = moment;
    const seconds = (atMs - before.atMs) / 1_000;
    if (seconds < 1) continue;
    rows.push([
      (atMs / 1_000).toFixed(1),
      ((storedLength - before.storedLength) / seconds / 1e6).toFixed(1),
      ((sentLength - before.sentLength) / seconds / 1e6).toFixed(1),
      ((sentLength - storedLength) / MIB).toFixed(1),
      `${Math.max(0, Math.round((requestedLength - sentLength) / BLOCK_LENGTH))}`,
      (bufferBytes / MIB).toFixed(0),
      (residentBytes / MIB).toFixed(0),
    ]);
    before = moment;
  }
  return formatTable(
    [
      'second',
      'stored MB/s',
      'sent MB/s',
      'sent, not stored: MiB',
      'blocks owed',
      'buffers MiB',
      'resident MiB',
    ],
    rows,
  );
}
