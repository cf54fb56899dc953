import { everyNth, type PeerBehaviour } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';

const KIB = 1024;
const PIECE_LENGTH = 256 * KIB;

/** Peers that have to share pieces, because there is memory for two at a time only. */
async function share(behaviours: readonly PeerBehaviour[], seed = 1): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({
    totalLength: 24 * PIECE_LENGTH - 5_000,
    pieceLength: PIECE_LENGTH,
    network: { latencyMs: 10, seed },
  });
  for (const behaviour of behaviours) swarm.add({ bytesPerSecond: 100_000, ...behaviour });
  await swarm.download({ memoryBytes: 2 * PIECE_LENGTH });
  expect(swarm.isWhole).toBe(true);
  return swarm;
}

function bannedBy(swarm: MemorySwarm): readonly string[] {
  return swarm.eventsOf('peerBanned').map(({ peer }) => peer);
}

function nineHonestAnd(poisoner: PeerBehaviour): PeerBehaviour[] {
  return [...upTo(9).map(() => ({})), poisoner];
}

describe('Torrent, where a peer gives wrong blocks of pieces that it shares with others', () => {
  it('bans it within a few pieces, and none of nine honest ones', async () => {
    const swarm = await share(nineHonestAnd({ corrupt: () => true }));
    expect(bannedBy(swarm)).toEqual(['10.0.0.10:6881']);
    const rejected = swarm.eventsOf('pieceRejected');
    expect(rejected.length).toBeLessThanOrEqual(3);
    // They were shared: guilt was not plain.
    expect(rejected[0]?.peers.length).toBeGreaterThan(1);
  });

  it.each([5, 20])('bans one of which only every %d th block is wrong', async (n) => {
    const swarm = await share(nineHonestAnd({ corrupt: everyNth(n) }));
    expect(bannedBy(swarm)).toEqual(['10.0.0.10:6881']);
  });

  it('bans one that hangs up and comes back before anyone knows', async () => {
    const swarm = await share(nineHonestAnd({ corrupt: () => true, hangUpAfterBytes: 40 * KIB }));
    expect(bannedBy(swarm)).toEqual(['10.0.0.10:6881']);
    const bannedAt = swarm.events.findIndex(({ type }) => type === 'peerBanned');
    const later = swarm.events.slice(bannedAt).filter(({ type }) => type === 'peerConnected');
    expect(later).toEqual([]);
  });

  it('tells of a ban after the pieces that failed, and before the download is complete', async () => {
    const { events } = await share(nineHonestAnd({ corrupt: () => true }));
    const types = events.map(({ type }) => type);
    expect(types.indexOf('pieceRejected')).toBeLessThan(types.indexOf('peerBanned'));
    expect(types.indexOf('peerBanned')).toBeLessThan(types.indexOf('completed'));
    const dropped = events.find((event) => event.type === 'peerDropped' && event.peer === '10.0.0.10:6881');
    expect(dropped).toMatchObject({ reason: { code: 'PEER_CORRUPT' } });
  });

  it.each([1, 4, 16, 64])(
    'completes beside one honest peer and %d poisoners, and bans no honest one',
    async (count) => {
      for (const seed of upTo(3)) {
        const poisoners = upTo(count).map((at) => ({
          corrupt: (_: unknown, served: number): boolean => served % 3 === at % 3,
          seed: at,
        }));
        const swarm = await share([{}, ...poisoners], seed);
        expect(bannedBy(swarm)).not.toContain('10.0.0.1:6881');
        const wasted = swarm.eventsOf('pieceRejected').length;
        expect(wasted).toBeLessThanOrEqual(2 * count);
      }
    },
  );
});
