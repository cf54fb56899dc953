import type { PeerBehaviour, ScriptedPeer } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';

const KIB = 1024;

function swarmOf(pieceCount: number, pieceLength = 64 * KIB): MemorySwarm {
  return new MemorySwarm({ totalLength: pieceCount * pieceLength, pieceLength, network: { latencyMs: 10 } });
}

describe('Torrent, with peers that say how much they take', () => {
  const swarmOfOne = (reqq: unknown): { swarm: MemorySwarm; peer: ScriptedPeer } => {
    const swarm = new MemorySwarm({
      totalLength: 16_000 * KIB,
      pieceLength: 256 * KIB,
      network: { latencyMs: 100, bytesPerSecond: 50_000_000 },
    });
    const fields = { reqq } as Record<string, number>;
    return { swarm, peer: swarm.add({ extensions: { fields } }) };
  };

  it.each([1, 31, 100])('keeps no more than %d with a peer that takes no more', async (reqq) => {
    const { swarm, peer } = swarmOfOne(reqq);
    await swarm.download({}, 3_600_000);
    expect(peer.statistics.maxOutstanding).toBeLessThanOrEqual(reqq);
    expect(peer.statistics.maxOutstanding).toBeGreaterThan(reqq / 3);
  });

  it.each([-1, 0, 'many', 2 ** 31])('is not confused by %j', async (reqq) => {
    const { swarm, peer } = swarmOfOne(reqq);
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.maxOutstanding).toBeLessThanOrEqual(2_000);
  });
});

describe('Torrent, with peers of the fast extension', () => {
  it('says first that it has nothing, and takes everything from who has it all', async () => {
    const swarm = swarmOf(10);
    const peer = swarm.add({ fast: {}, bitfield: 'haveAll' });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.firstMessages).toEqual(['haveNone']);
    expect(peer.statistics.repeatedRequests).toBe(0);
  });

  it('says nothing of it to a peer that does not offer it', async () => {
    const swarm = swarmOf(2);
    const peer = swarm.add();
    await swarm.download();
    expect(peer.statistics.firstMessages).toEqual(['interested']);
  });

  it('takes in pieces that a peer with nothing gets later', async () => {
    const swarm = swarmOf(4);
    const later = [0, 1, 2, 3].map((piece) => ({ afterMs: 1_000 * (piece + 1), pieces: [piece] }));
    swarm.add({ fast: {}, bitfield: 'haveNone', pieces: [], laterPieces: later });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
  });

  it.each(['afterChoke', 'beforeChoke'] as const)(
    'asks for what was rejected in a choke again as soon as it may, and for nothing else (rejects %s)',
    async (rejectsQueued) => {
      const swarm = swarmOf(40);
      const peer = swarm.add({
        fast: { rejectsQueued },
        bytesPerSecond: 400_000,
        chokeCycle: { unchokedMs: 400, chokedMs: 50 },
      });
      const torrent = await swarm.download();
      expect(swarm.isWhole).toBe(true);
      expect(peer.statistics.rejects).toBeGreaterThan(10);
      expect(peer.statistics.repeatedRequests).toBe(0);
      expect(torrent.statistics().durationMs).toBeLessThan(10_000);
      expect(swarm.eventsOf('peerDropped')).toEqual([]);
    },
  );

  it('waits for the blocks that a peer still sends after it has choked', async () => {
    const swarm = swarmOf(40);
    const peer = swarm.add({
      fast: { rejectsQueued: 'served' },
      bytesPerSecond: 200_000,
      chokeCycle: { unchokedMs: 1_000, chokedMs: 500 },
    });
    const torrent = await swarm.download();
    expect(torrent.statistics()).toMatchObject({ wastedBytes: 0 });
    expect(peer.statistics.blocks).toBe(160);
  });

  it('takes requests back from a peer that chokes and rejects nothing, after five seconds', async () => {
    const swarm = swarmOf(1);
    swarm.add({
      fast: { rejectsQueued: 'never' },
      bytesPerSecond: 8 * KIB,
      chokeCycle: { unchokedMs: 3_000, chokedMs: 8_000 },
    });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(torrent.statistics().durationMs).toBeLessThan(18_000);
  });

  it('asks another at once for what one rejects', async () => {
    const swarm = swarmOf(20);
    const honest = swarm.add({ fast: {} });
    const refuser = swarm.add({ fast: { rejects: () => true } });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(honest.statistics.blocks).toBe(80);
    expect(torrent.statistics().durationMs).toBeLessThan(1_500);
    expect(refuser.statistics.rejects).toBe(refuser.statistics.requests);
  });

  it('asks a peer that rejects everything a few times a minute, not as fast as it answers', async () => {
    const swarm = swarmOf(200, 16 * KIB);
    const refuser = swarm.add({ fast: { rejects: () => true } });
    const halt = new AbortController();
    swarm.network.clock.setTimer(600_000, () => halt.abort());
    await swarm
      .run(swarm.torrent(), { signal: halt.signal, limitMs: 700_000 })
      .catch((error: unknown) => error);
    expect(refuser.statistics.requests).toBeGreaterThan(10);
    expect(refuser.statistics.requests).toBeLessThan(400);
  });

  it('gets what one peer rejects for a while, when no one else has it', async () => {
    const swarm = swarmOf(6);
    const since = swarm.network.clock.now();
    const rejects = ({ index }: { index: number }): boolean =>
      index === 3 && swarm.network.clock.now() - since < 20_000;
    const peer = swarm.add({ fast: { rejects } });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.rejects).toBeLessThan(60);
    expect(torrent.statistics().durationMs).toBeLessThan(60_000);
    expect(swarm.eventsOf('pieceVerified').at(-1)?.index).toBe(3);
  });

  it('asks another at once for a piece that must come from one peer alone, when that one rejects it', async () => {
    const swarm = swarmOf(1, 128 * KIB);
    // It spoils what it shares with another, and then gives nothing more.
    const spoiler = swarm.add({
      corrupt: [0],
      bytesPerSecond: 100_000,
      fast: { rejects: () => swarm.eventsOf('pieceRejected').length > 0 },
    });
    // It lets no one in at the moment when the piece is begun anew.
    swarm.add({ bytesPerSecond: 60_000, chokeCycle: { unchokedMs: 600, chokedMs: 2_000 } });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(spoiler.statistics.rejects).toBeGreaterThan(0);
    expect(torrent.statistics().durationMs).toBeLessThan(10_000);
  });

  it('fetches what a peer allows while it chokes, and no more', async () => {
    const swarm = swarmOf(10);
    const peer = swarm.add({ fast: { allowed: [2, 5, 7] }, unchoke: 'never' });
    const running = swarm.download({}, 30_000);
    await expect(running).rejects.toThrow('Cannot reach the condition');
    const verified = swarm.eventsOf('pieceVerified').map(({ index }) => index);
    expect(new Set(verified)).toEqual(new Set([2, 5, 7]));
    expect(peer.statistics).toMatchObject({ requests: 12, chokedRequests: 0 });
  });

  it('asks a peer only once for what it allows and then rejects', async () => {
    const swarm = swarmOf(10);
    const fast = { allowed: [2, 5], rejects: ({ index }: { index: number }) => index === 5 };
    const peer = swarm.add({ fast, unchoke: 'never' });
    await expect(swarm.download({}, 60_000)).rejects.toThrow('Cannot reach the condition');
    expect(peer.statistics).toMatchObject({ requests: 8, rejects: 4 });
  });

  it('asks a peer for no allowed piece that it does not have', async () => {
    const swarm = swarmOf(10);
    const peer = swarm.add({ fast: { allowed: [1, 2] }, pieces: [2], unchoke: 'never' });
    await expect(swarm.download({}, 10_000)).rejects.toThrow('Cannot reach the condition');
    expect(peer.statistics).toMatchObject({ requests: 4, badRequests: 0 });
  });

  it.each<[string, PeerBehaviour]>([
    [
      'a reject of what was not asked for',
      {
        fast: {},
        intrusions: [{ bytes: Uint8Array.of(0, 0, 0, 13, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0) }],
      },
    ],
    ['a suggestion', { fast: { suggests: [3, 3, 3] } }],
    ['an allowed piece told again and again', { fast: { allowed: Array<number>(150).fill(1) } }],
  ])('is not confused by %s', async (_, behaviour) => {
    const swarm = swarmOf(5);
    swarm.add(behaviour);
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
  });

  it.each<[string, PeerBehaviour, string]>([
    ['a message of the extension that was not offered', { bitfield: 'haveAll' }, 'NOT_NEGOTIATED'],
    ['an allowed piece that there is not', { fast: { allowed: [5] } }, 'PIECE_OUT_OF_RANGE'],
  ])('drops a peer for %s', async (_, behaviour, code) => {
    const swarm = swarmOf(5);
    swarm.add(behaviour);
    swarm.add({ bytesPerSecond: 100_000 });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('peerDropped')[0]).toMatchObject({ peer: '10.0.0.1:6881', reason: { code } });
  });

  it('asks no one for a piece that it gave up, and takes it from who has it', async () => {
    const swarm = swarmOf(30, 16 * KIB);
    const leaver = swarm.add({
      bytesPerSecond: 20_000,
      extensions: { givesUp: { afterBlocks: 1, pieces: upTo(30).slice(1) } },
    });
    swarm.add({ bytesPerSecond: 40_000 });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    // What was asked for before it said so is sent all the same.
    expect(leaver.statistics.requests).toBeLessThanOrEqual(16);
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
  });
});
