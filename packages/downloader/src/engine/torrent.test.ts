import { garbage, hugePrefix, keepAlives, unrequestedBlock, type PeerBehaviour } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';

const KIB = 1024;

describe('Torrent', () => {
  it.each([
    ['one block', 16 * KIB, 16 * KIB],
    ['less than a block', 100, 16 * KIB],
    ['a last piece of one byte', 64 * KIB + 1, 64 * KIB],
    ['a last block of one byte', 96 * KIB + 1, 64 * KIB],
    ['a piece length that is no multiple of a block', 100_000, 20_000],
    ['pieces smaller than a block', 10_000, 1_000],
    ['pieces of many blocks', 2_000_000, 512 * KIB],
  ])('downloads every byte of %s', async (_, totalLength, pieceLength) => {
    const swarm = new MemorySwarm({
      totalLength,
      pieceLength,
      network: { latencyMs: 5, chunkLength: { min: 1, max: 9_000 } },
    });
    const peer = swarm.add();
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(torrent.statistics()).toMatchObject({
      phase: 'complete',
      bytesHave: totalLength,
      downloadedBytes: totalLength,
      wastedBytes: 0,
      peersConnected: 0,
    });
    expect([
      peer.statistics.repeatedRequests,
      peer.statistics.badRequests,
      peer.statistics.chokedRequests,
    ]).toEqual([0, 0, 0]);
    expect(swarm.timerCount).toBe(0);
  });

  it('tells what happens, in order, and ends with completed', async () => {
    const swarm = new MemorySwarm({ totalLength: 40_000 });
    swarm.add();
    await swarm.download();
    expect(swarm.events.map(({ type }) => type)).toEqual([
      'checked',
      'peerConnected',
      'pieceVerified',
      'pieceVerified',
      'pieceVerified',
      'completed',
    ]);
    expect(swarm.eventsOf('pieceVerified').at(-1)?.bytesLeft).toBe(0);
  });

  it('shares the work among many peers', async () => {
    const swarm = new MemorySwarm({
      totalLength: 4_000_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 10 },
    });
    const peers = upTo(8).map(() => swarm.add({ bytesPerSecond: 200_000 }));
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    for (const { statistics } of peers) expect(statistics.bytes).toBeGreaterThan(250_000);
    expect(swarm.network.clock.now()).toBeLessThan(4_000);
  });

  it('keeps no more connections than allowed', async () => {
    const swarm = new MemorySwarm({ totalLength: 1_000_000, network: { latencyMs: 10 } });
    const peers = upTo(12).map(() => swarm.add({ bytesPerSecond: 50_000 }));
    let most = 0;
    const torrent = swarm.torrent({
      maxPeers: 3,
      onEvent: () => (most = Math.max(most, torrent.statistics().peersConnected)),
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(most).toBe(3);
    expect(peers.filter(({ statistics }) => statistics.handshakes > 0)).toHaveLength(3);
  });

  it('completes from two peers that each have half, told by bitfield or by have', async () => {
    const swarm = new MemorySwarm({ totalLength: 40 * 16 * KIB });
    swarm.add({ pieces: upTo(20) });
    swarm.add({ pieces: upTo(40).slice(20), bitfield: 'haves' });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
  });

  it('takes pieces that a peer gets later', async () => {
    const swarm = new MemorySwarm({ totalLength: 10 * 16 * KIB });
    swarm.add({
      pieces: [],
      laterPieces: [
        { afterMs: 3_000, pieces: upTo(5) },
        { afterMs: 9_000, pieces: upTo(10) },
      ],
    });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.network.clock.now()).toBeGreaterThanOrEqual(9_000);
  });

  it('goes on with other peers when one dies in the middle of a block', async () => {
    const swarm = new MemorySwarm({
      totalLength: 1_000_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 5 },
    });
    swarm.add({ dieAfterBytes: 123_456, bytesPerSecond: 400_000 });
    swarm.add({ bytesPerSecond: 100_000 });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(torrent.statistics().wastedBytes).toBeLessThan(200 * KIB);
  });

  it('comes back to its only peer after it hung up', async () => {
    const swarm = new MemorySwarm({ totalLength: 1_000_000 });
    const peer = swarm.add({ hangUpAfterBytes: 300_000 });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.handshakes).toBe(4);
  });

  it('takes its requests back from a peer that stalls, and asks others', async () => {
    const swarm = new MemorySwarm({ totalLength: 1_000_000, pieceLength: 64 * KIB });
    const stalling = swarm.add({ stallAfterBlocks: 3 });
    swarm.add({ bytesPerSecond: 20_000 });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.network.clock.now()).toBeLessThan(60_000);
    expect(stalling.statistics.cancels).toBeGreaterThan(0);
    expect(torrent.statistics().wastedBytes).toBeLessThan(200 * KIB);
  });

  it('says that a peer hung up where that is the reason', async () => {
    const swarm = new MemorySwarm({ totalLength: 100_000 });
    swarm.add({ hangUpAfterBytes: 50_000 });
    await swarm.download();
    expect(swarm.eventsOf('peerDropped')[0]?.reason).toMatchObject({ code: 'CLOSED_BY_PEER' });
  });

  it('drops a peer that owes blocks for a minute', async () => {
    const swarm = new MemorySwarm({ totalLength: 64 * KIB });
    swarm.add({ stallAfterBlocks: 1 });
    const stopping = new AbortController();
    swarm.network.clock.setTimer(100_000, () => stopping.abort('enough'));
    await expect(swarm.run(swarm.torrent(), { signal: stopping.signal })).rejects.toBe('enough');
    expect(swarm.eventsOf('peerDropped')[0]?.reason).toMatchObject({ code: 'PEER_STALLED' });
  });

  it('finishes about as soon as the fast peer alone would, beside one that crawls', async () => {
    const alone = new MemorySwarm({
      totalLength: 2_000_000,
      pieceLength: 128 * KIB,
      network: { latencyMs: 10 },
    });
    alone.add({ bytesPerSecond: 100_000 });
    await alone.download();
    const beside = new MemorySwarm({
      totalLength: 2_000_000,
      pieceLength: 128 * KIB,
      network: { latencyMs: 10 },
    });
    beside.add({ bytesPerSecond: 100_000 });
    beside.add({ bytesPerSecond: 1_024 });
    await beside.download();
    expect(beside.isWhole).toBe(true);
    expect(beside.network.clock.now()).toBeLessThan(1.2 * alone.network.clock.now());
  });

  it('asks again after it was choked', async () => {
    const swarm = new MemorySwarm({
      totalLength: 2_000_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 20 },
    });
    const peer = swarm.add({ bytesPerSecond: 400_000, chokeCycle: { unchokedMs: 700, chokedMs: 300 } });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.repeatedRequests).toBe(0);
  });

  it('cancels at the end what another peer sent first', async () => {
    const swarm = new MemorySwarm({ totalLength: 60 * 16 * KIB, network: { latencyMs: 30 } });
    const slow = swarm.add({ bytesPerSecond: 30_000 });
    swarm.add({ bytesPerSecond: 300_000 });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(slow.statistics.cancels).toBeGreaterThan(0);
    expect(torrent.statistics().wastedBytes).toBeLessThan(10 * 16 * KIB);
  });

  it('takes blocks in whatever order they come', async () => {
    const swarm = new MemorySwarm({ totalLength: 2_000_000, pieceLength: 256 * KIB });
    swarm.add({ order: 'random' });
    swarm.add({ order: 'reversed' });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(torrent.statistics().wastedBytes).toBeLessThan(torrent.statistics().bytesTotal);
  });

  it('never has more in memory than its budget', async () => {
    const pieceLength = 128 * KIB;
    const swarm = new MemorySwarm({ totalLength: 40 * pieceLength, pieceLength, network: { latencyMs: 5 } });
    for (let peer = 0; peer < 10; peer += 1) swarm.add({ bytesPerSecond: 300_000 });
    let most = 0;
    const torrent = swarm.torrent({
      memoryBytes: 4 * pieceLength,
      onEvent: () => (most = Math.max(most, torrent.pieceStates().filter((state) => state === 1).length)),
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  it('uses one piece of memory where the budget is smaller than a piece', async () => {
    const swarm = new MemorySwarm({ totalLength: 1_000_000, pieceLength: 256 * KIB });
    swarm.add();
    await swarm.download({ memoryBytes: 1 });
    expect(swarm.isWhole).toBe(true);
  });

  it('bans a peer whose piece fails, and fetches it from others', async () => {
    const swarm = new MemorySwarm({
      totalLength: 2_000_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 5 },
    });
    const poisoner = swarm.add({ corrupt: () => true, bytesPerSecond: 400_000 });
    const honest = swarm.add({ bytesPerSecond: 200_000 });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('peerBanned').map(({ peer }) => peer)).toEqual(['10.0.0.1:6881']);
    expect([poisoner.statistics.handshakes, honest.statistics.handshakes]).toEqual([1, 1]);
    expect(torrent.statistics().wastedBytes).toBeLessThanOrEqual(16 * 16 * KIB);
  });

  it('bans a peer once, however many of its pieces fail', async () => {
    const swarm = new MemorySwarm({ totalLength: 100 * 16 * KIB });
    swarm.add({ corrupt: () => true });
    swarm.add({ bytesPerSecond: 200_000 });
    const torrent = await swarm.download();
    expect(swarm.eventsOf('peerBanned')).toHaveLength(1);
    expect(torrent.statistics().wastedBytes).toBeLessThanOrEqual(16 * 16 * KIB);
  });

  it.each([1, 4, 16])('completes beside %d poisoners without banning the honest peer', async (count) => {
    const swarm = new MemorySwarm({
      totalLength: 3_000_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 5 },
    });
    const honest = swarm.add({ bytesPerSecond: 100_000 });
    for (let at = 0; at < count; at += 1) {
      swarm.add({
        corrupt: (_, served) => served % 3 === at % 3,
        bytesPerSecond: 100_000 + at * 7_000,
        seed: at,
      });
    }
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(honest.statistics.handshakes).toBe(1);
    expect(swarm.eventsOf('peerBanned').map(({ peer }) => peer)).not.toContain('10.0.0.1:6881');
  });

  it('fetches a piece from one peer alone after it failed while it was shared, so that guilt is certain', async () => {
    const pieceLength = 8 * 16 * KIB;
    const swarm = new MemorySwarm({ totalLength: pieceLength, pieceLength, network: { latencyMs: 20 } });
    swarm.add({ bytesPerSecond: 40_000 });
    swarm.add({ bytesPerSecond: 40_000, corrupt: () => true, order: 'reversed' });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('pieceRejected')[0]?.peers).toHaveLength(2);
    expect(swarm.eventsOf('peerBanned').every(({ peer }) => peer === '10.0.0.2:6881')).toBe(true);
  });

  const liars: readonly (readonly [string, PeerBehaviour, string])[] = [
    ['sends garbage', { intrusions: [{ bytes: garbage(5_000) }] }, ''],
    ['announces a message of 4 GiB', { intrusions: [{ bytes: hugePrefix(20) }] }, 'MESSAGE_TOO_LONG'],
    ['sends a bitfield that is too short', { bitfield: 'short' }, 'BITFIELD_LENGTH'],
    ['sends a bitfield that is too long', { bitfield: 'long' }, 'BITFIELD_LENGTH'],
    ['sets spare bits', { bitfield: 'spareBits' }, 'BITFIELD_SPARE_BITS'],
    ['answers for another torrent', { handshake: 'wrongInfoHash' }, 'INFO_HASH_MISMATCH'],
    ['speaks another protocol', { handshake: 'wrongProtocol' }, 'NOT_BITTORRENT'],
    ['has our own peer id', { handshake: 'echoPeerId' }, 'CONNECTED_TO_SELF'],
    ['says nothing', { handshake: 'silent' }, 'TIMED_OUT'],
    ['shakes hands too slowly', { handshake: 'slow', slowMs: 1_000 }, 'TIMED_OUT'],
    [
      'sends blocks nobody asked for',
      { intrusions: [{ bytes: unrequestedBlock(0, 0, 16 * KIB), times: 70 }] },
      'PEER_UNREQUESTED',
    ],
    ['floods us with keep-alives', { intrusions: [{ bytes: keepAlives(5_000) }] }, 'MESSAGE_FLOOD'],
    ['answers with blocks that are too short', { answers: 'short' }, 'PEER_BLOCK_LENGTH'],
    ['answers with blocks that are too long', { answers: 'long' }, 'PEER_BLOCK_LENGTH'],
    ['answers with empty blocks', { answers: 'empty' }, 'PEER_BLOCK_LENGTH'],
    ['answers with blocks from elsewhere', { answers: 'shifted' }, ''],
    ['answers for another piece', { answers: 'otherPiece' }, ''],
    ['sends every block twice', { answers: 'twice' }, ''],
    ['claims pieces it does not have', { bitfield: 'all', pieces: [1] }, ''],
    ['ignores cancels', { cancels: 'ignore' }, ''],
  ];
  it.each(liars)('completes beside a peer that %s', async (_, behaviour, code) => {
    const swarm = new MemorySwarm({
      totalLength: 1_500_000,
      pieceLength: 64 * KIB,
      network: { latencyMs: 5 },
    });
    swarm.add(behaviour);
    const honest = swarm.add({ bytesPerSecond: 80_000 });
    const torrent = await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(honest.statistics.handshakes).toBe(1);
    const reasons = swarm
      .eventsOf('peerDropped')
      .map(({ reason }) => (reason as { code?: string } | undefined)?.code);
    if (code !== '') expect(reasons).toContain(code);
    expect(torrent.statistics().wastedBytes).toBeLessThan(4_000_000);
    expect(swarm.timerCount).toBe(0);
  });

  it('fetches only what is missing, and nothing where everything is there', async () => {
    const swarm = new MemorySwarm({ totalLength: 10 * 16 * KIB });
    const peer = swarm.add();
    await swarm.download({ wanted: [2, 5] });
    expect(peer.statistics.blocks).toBe(2);
    await swarm.download();
    expect([peer.statistics.blocks, swarm.isWhole]).toEqual([10, true]);
    const { bytes } = peer.statistics;
    const again = await swarm.download({ sources: [] });
    expect([again.statistics().phase, peer.statistics.bytes]).toEqual(['complete', bytes]);
  });

  it('says that there is no one to ask', async () => {
    const swarm = new MemorySwarm({ totalLength: 100 });
    await expect(swarm.download({ sources: [] })).rejects.toMatchObject({ code: 'NO_SOURCES' });
  });

  it('stops when told to, keeps what is verified, and goes on from there', async () => {
    const swarm = new MemorySwarm({ totalLength: 1_000_000, network: { latencyMs: 5 } });
    const peer = swarm.add({ bytesPerSecond: 100_000 });
    const stopping = new AbortController();
    swarm.network.clock.setTimer(5_000, () => stopping.abort(new Error('stopped by hand')));
    const torrent = swarm.torrent();
    await expect(swarm.run(torrent, { signal: stopping.signal })).rejects.toThrow('stopped by hand');
    const { bytesHave, phase, peersConnected } = torrent.statistics();
    expect([phase, peersConnected]).toEqual(['stopped', 0]);
    expect(bytesHave).toBeGreaterThan(400_000);
    expect(swarm.timerCount).toBe(0);
    const before = peer.statistics.bytes;
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(peer.statistics.bytes - before).toBe(1_000_000 - bytesHave);
  });

  it('rejects with what the store reports, and lets go of everything', async () => {
    const swarm = new MemorySwarm({ totalLength: 100_000 });
    swarm.add();
    const failure = new Error('disk on fire');
    swarm.storage.writePiece = () => Promise.reject(failure);
    await expect(swarm.download()).rejects.toBe(failure);
    expect(swarm.timerCount).toBe(0);
  });

  it('rejects with what a listener throws', async () => {
    const swarm = new MemorySwarm({ totalLength: 100_000 });
    swarm.add();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type === 'pieceVerified') throw new Error('listener broke');
    };
    await expect(swarm.download({ onEvent })).rejects.toThrow('listener broke');
  });

  it('asks for no more while 8 MiB of finished pieces wait for the storage, however large the budget', async () => {
    const pieceLength = 256 * KIB;
    const swarm = new MemorySwarm({ totalLength: 80 * pieceLength, pieceLength });
    swarm.add();
    let waiting = 0;
    let most = 0;
    const write = swarm.storage.writePiece.bind(swarm.storage);
    swarm.storage.writePiece = async (index, bytes) => {
      waiting += 1;
      most = Math.max(most, waiting);
      await new Promise<void>((resolve) => swarm.network.clock.setTimer(1_000, resolve));
      waiting -= 1;
      await write(index, bytes);
    };
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    // What had been asked for before still comes: one window.
    expect(most).toBeLessThanOrEqual(33 + 16);
    expect(most).toBeGreaterThan(16);
  });

  it('slows down to the speed of its storage, with no more in memory than the budget', async () => {
    const pieceLength = 64 * KIB;
    const swarm = new MemorySwarm({ totalLength: 32 * pieceLength, pieceLength });
    const peer = swarm.add();
    let writing = 0;
    let most = 0;
    const write = swarm.storage.writePiece.bind(swarm.storage);
    swarm.storage.writePiece = async (index, bytes) => {
      writing += 1;
      most = Math.max(most, writing);
      await new Promise<void>((resolve) => swarm.network.clock.setTimer(100, resolve));
      writing -= 1;
      await write(index, bytes);
    };
    await swarm.download({ memoryBytes: 4 * pieceLength });
    expect(swarm.isWhole).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
    expect(peer.statistics.repeatedRequests).toBe(0);
    expect(swarm.network.clock.now()).toBeGreaterThanOrEqual(800);
  });
});
