import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { givenPeers } from '../peer-source.ts';
import type { DownloadStatistics } from '../statistics.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';

const PIECE_LENGTH = 16_384;
const LAST_LENGTH = 1_000;
/** Eleven pieces, of which the last is shorter. */
const TOTAL_LENGTH = 10 * PIECE_LENGTH + LAST_LENGTH;

describe('Torrent, when only some pieces are wanted', () => {
  it('counts those only', async () => {
    const swarm = new MemorySwarm({ totalLength: TOTAL_LENGTH });
    swarm.add();
    const torrent = await swarm.download({ wanted: [2, 10, 5] });
    expect(torrent.statistics()).toMatchObject({
      bytesTotal: 2 * PIECE_LENGTH + LAST_LENGTH,
      bytesHave: 2 * PIECE_LENGTH + LAST_LENGTH,
      bytesMissing: 8 * PIECE_LENGTH,
      piecesHave: 3,
      pieceCount: 3,
    });
    expect(swarm.eventsOf('checked')).toMatchObject([
      { piecesHave: 0, pieceCount: 3, bytesHave: 0, bytesLeft: 2 * PIECE_LENGTH + LAST_LENGTH },
    ]);
    expect(swarm.eventsOf('pieceVerified').at(-1)?.bytesLeft).toBe(0);
    expect([...torrent.pieceStates()]).toEqual([3, 3, 2, 3, 3, 2, 3, 3, 3, 3, 2]);
  });

  it('does not take what is there besides for a part of them', async () => {
    const swarm = new MemorySwarm({ totalLength: TOTAL_LENGTH });
    swarm.add();
    await swarm.download({ wanted: [0, 1, 2] });
    const torrent = await swarm.download({ wanted: [2, 3] });
    expect(torrent.statistics()).toMatchObject({
      bytesTotal: 2 * PIECE_LENGTH,
      bytesHave: 2 * PIECE_LENGTH,
      bytesMissing: 6 * PIECE_LENGTH + LAST_LENGTH,
      downloadedBytes: PIECE_LENGTH,
      piecesHave: 2,
    });
    expect([...torrent.pieceStates()].slice(0, 5)).toEqual([2, 2, 2, 2, 3]);
  });

  it('expects no more time than they take', async () => {
    const swarm = new MemorySwarm({ totalLength: TOTAL_LENGTH });
    swarm.add({ bytesPerSecond: PIECE_LENGTH });
    const seen: DownloadStatistics[] = [];
    const torrent = swarm.torrent({
      wanted: [0, 1, 2, 3],
      onEvent: ({ type }) => type === 'pieceVerified' && seen.push(torrent.statistics()),
    });
    await swarm.run(torrent);
    const times = seen.slice(1).map(({ etaMs }) => etaMs);
    expect(times.at(-1)).toBe(0);
    for (const etaMs of times) expect(etaMs).toBeLessThan(4_000);
  });

  it('tells sources that it is complete only when all of the torrent is', async () => {
    const swarm = new MemorySwarm({ totalLength: TOTAL_LENGTH });
    swarm.add();
    let completions = 0;
    const addresses: PeerAddress[] = [{ host: '10.0.0.1', port: 6881 }];
    const sources = [{ ...givenPeers(addresses), completed: () => (completions += 1) }];
    await swarm.download({ sources, wanted: [2, 5] });
    expect(completions).toBe(0);
    await swarm.download({ sources });
    expect(completions).toBe(1);
  });
});
