import { BLOCK_LENGTH } from '@millrace/metainfo';
import type { ScriptedPeer } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { BusyLoop } from '../testing/busy-loop.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { slowDown, type DiskUse } from '../testing/slow-disk.ts';
import type { Torrent } from './torrent.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Bytes before each block on the wire. */
const BLOCK_HEADER_LENGTH = 13;
/** Blocks asked of one peer at most. */
const MAX_WINDOW = 250;
/** Finished pieces that may wait for the disk. */
const MAX_WAITING_LENGTH = 8 * MIB;

/** Calls `look` every so often, in virtual time, for as long as the swarm runs. */
function watch(swarm: MemorySwarm, everyMs: number, look: () => void): void {
  swarm.network.clock.setTimer(everyMs, () => {
    look();
    watch(swarm, everyMs, look);
  });
}

/** Bytes of blocks that peers were asked for and that are not written, wasted or taken back; one that two owe counts twice. */
function aheadLength(peers: readonly ScriptedPeer[], torrent: Torrent, disk: DiskUse): number {
  let blocks = 0;
  for (const { statistics } of peers) blocks += statistics.requests - statistics.cancelsInTime;
  return blocks * BLOCK_LENGTH - torrent.statistics().wastedBytes - disk.writtenLength;
}

describe('Torrent, with a storage slower than the network', () => {
  it('asks for no more than waits to be written and one window, and gets as much as is written', async () => {
    const pieceLength = 256 * KIB;
    const swarm = new MemorySwarm({ totalLength: 40 * MIB, pieceLength, network: { latencyMs: 5 } });
    const peer = swarm.add();
    const store = swarm.store();
    const disk = slowDown(store, swarm.network.clock, () => MIB);
    const torrent = swarm.torrent({ store });
    let ahead = 0;
    const sent: number[] = [];
    watch(swarm, 100, () => {
      ahead = Math.max(ahead, aheadLength([peer], torrent, disk));
    });
    watch(swarm, 1_000, () => sent.push(peer.statistics.bytes));
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    const bound = MAX_WAITING_LENGTH + MAX_WINDOW * BLOCK_LENGTH + pieceLength;
    expect(ahead).toBeLessThanOrEqual(bound);
    expect(disk.allocatedLength).toBeLessThanOrEqual(bound + pieceLength);
    // From the tenth second to the thirtieth: at the rate of the disk.
    const rate = ((sent[29] ?? 0) - (sent[9] ?? 0)) / 20;
    expect(Math.abs(rate / MIB - 1)).toBeLessThan(0.15);
    // And the disk never waits for the network.
    expect(torrent.statistics().durationMs).toBeLessThan(40_500);
    expect(torrent.statistics().wastedBytes).toBe(0);
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
  });

  it.each([
    ['of four pieces', 256 * KIB, MIB],
    ['of many pieces', 32 * KIB, 4 * MIB],
    ['of less than a piece, which is always allowed', 256 * KIB, 100_000],
    ['that is no multiple of a piece', 96 * KIB, MIB],
  ])('keeps to a budget %s', async (_, pieceLength, memoryBytes) => {
    const swarm = new MemorySwarm({ totalLength: 12 * MIB, pieceLength, network: { latencyMs: 5 } });
    const peers = upTo(5).map(() => swarm.add());
    const store = swarm.store();
    const disk = slowDown(store, swarm.network.clock, () => 500_000);
    const budget = Math.max(memoryBytes, pieceLength);
    const torrent = swarm.torrent({ store, memoryBytes });
    let ahead = 0;
    watch(swarm, 50, () => {
      ahead = Math.max(ahead, aheadLength(peers, torrent, disk));
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(disk.allocatedLength).toBeLessThanOrEqual(budget);
    // At the end, and where memory is spent, a block may be asked of two.
    expect(ahead).toBeLessThanOrEqual(2 * budget);
    expect(torrent.statistics().durationMs).toBeLessThan(((12 * MIB) / 500_000) * 1_000 * 1.1);
  });

  it('waits for a storage that hangs for ten minutes, within the budget, and goes on', async () => {
    const memoryBytes = 2 * MIB;
    const swarm = new MemorySwarm({
      totalLength: 12 * MIB,
      pieceLength: 256 * KIB,
      network: { latencyMs: 5 },
    });
    for (const _ of upTo(3)) swarm.add();
    const store = swarm.store();
    const { clock } = swarm.network;
    let pieces = 0;
    const disk = slowDown(store, clock, () => {
      pieces += 1;
      return pieces === 10 ? (256 * KIB) / 600 : 10 * MIB;
    });
    await swarm.download({ store, memoryBytes }, 700_000);
    expect(swarm.isWhole).toBe(true);
    expect(clock.now()).toBeGreaterThan(600_000);
    expect(clock.now()).toBeLessThan(605_000);
    expect(disk.allocatedLength).toBeLessThanOrEqual(memoryBytes);
  });
});

describe('Torrent, when the event loop is busy', () => {
  const totalLength = 24 * MIB;
  const pieceLength = 256 * KIB;

  it('has no more on the way than one window for each peer, however long it does not look', async () => {
    const swarm = new MemorySwarm({ totalLength, pieceLength, network: { latencyMs: 40 } });
    const peer = swarm.add();
    const loop = new BusyLoop(swarm.network);
    const store = swarm.store();
    const disk = slowDown(store, loop.clock, () => Infinity);
    let stalledAt = 0;
    const torrent = swarm.torrent({
      store,
      clock: loop.clock,
      dial: loop.dial,
      onEvent: ({ type }) => {
        if (type !== 'pieceVerified' || stalledAt > 0 || disk.writtenLength < 12 * MIB) return;
        stalledAt = peer.statistics.bytes;
        loop.stall(15_000);
      },
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    // The peer went on sending, and had then no more to send.
    expect(loop.peakWaitingLength).toBeGreaterThan(MIB);
    expect(loop.peakWaitingLength).toBeLessThanOrEqual(MAX_WINDOW * (BLOCK_LENGTH + BLOCK_HEADER_LENGTH));
    expect(torrent.statistics().wastedBytes).toBe(0);
    expect(peer.statistics.cancels).toBe(0);
    expect(peer.statistics.handshakes).toBe(1);
  });

  it('has no more on the way than the budget, from many peers', async () => {
    const memoryBytes = 4 * MIB;
    const swarm = new MemorySwarm({ totalLength, pieceLength, network: { latencyMs: 40 } });
    for (const _ of upTo(30)) swarm.add();
    const loop = new BusyLoop(swarm.network);
    const store = swarm.store();
    const disk = slowDown(store, loop.clock, () => Infinity);
    let stalls = 0;
    const torrent = swarm.torrent({
      store,
      memoryBytes,
      clock: loop.clock,
      dial: loop.dial,
      onEvent: ({ type }) => {
        if (type !== 'pieceVerified' || stalls * 4 * MIB > disk.writtenLength) return;
        stalls += 1;
        loop.stall(10_000);
      },
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(stalls).toBeGreaterThan(4);
    const blocks = (2 * memoryBytes) / BLOCK_LENGTH;
    expect(loop.peakWaitingLength).toBeLessThanOrEqual(blocks * (BLOCK_LENGTH + BLOCK_HEADER_LENGTH));
    expect(disk.allocatedLength).toBeLessThanOrEqual(memoryBytes);
  });

  it('does not blame a peer for its own absence, even if that was longer than any patience', async () => {
    const swarm = new MemorySwarm({ totalLength, pieceLength, network: { latencyMs: 40 } });
    const peer = swarm.add();
    const loop = new BusyLoop(swarm.network);
    let hasStalled = false;
    const torrent = swarm.torrent({
      clock: loop.clock,
      dial: loop.dial,
      onEvent: (event) => {
        swarm.events.push(event);
        if (event.type !== 'pieceVerified' || hasStalled || event.bytesLeft > totalLength / 2) return;
        hasStalled = true;
        loop.stall(45_000);
      },
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
    expect([peer.statistics.cancels, torrent.statistics().wastedBytes]).toEqual([0, 0]);
  });

  it('slows down with a listener that takes long for each event', async () => {
    const memoryBytes = MIB;
    const swarm = new MemorySwarm({ totalLength, pieceLength, network: { latencyMs: 40 } });
    for (const _ of upTo(20)) swarm.add();
    const loop = new BusyLoop(swarm.network);
    const store = swarm.store();
    const disk = slowDown(store, loop.clock, () => Infinity);
    const torrent = swarm.torrent({
      store,
      memoryBytes,
      clock: loop.clock,
      dial: loop.dial,
      onEvent: (event) => {
        swarm.events.push(event);
        loop.stall(500);
      },
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    const pieceCount = totalLength / pieceLength;
    expect(torrent.statistics().durationMs).toBeGreaterThan((pieceCount - 1) * 500);
    expect(swarm.eventsOf('pieceVerified')).toHaveLength(pieceCount);
    expect(disk.allocatedLength).toBeLessThanOrEqual(memoryBytes);
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
  });
});

describe('Torrent, with 500 peers that all unchoke at one moment', () => {
  it('asks for no more than the budget holds, and takes no more memory', async () => {
    const memoryBytes = 4 * MIB;
    const swarm = new MemorySwarm({
      totalLength: 24 * MIB,
      pieceLength: 256 * KIB,
      network: { latencyMs: 20 },
    });
    const peers = upTo(500).map(() => swarm.add());
    const loop = new BusyLoop(swarm.network);
    const store = swarm.store();
    const disk = slowDown(store, loop.clock, () => 4 * MIB);
    const torrent = swarm.torrent({
      store,
      memoryBytes,
      maxPeers: 500,
      clock: loop.clock,
      dial: loop.dial,
    });
    loop.hold();
    let atOnce = -1;
    let ahead = 0;
    watch(swarm, 10, () => {
      const nowAhead = aheadLength(peers, torrent, disk);
      ahead = Math.max(ahead, nowAhead);
      if (atOnce < 0 && nowAhead > 0) atOnce = nowAhead;
    });
    watch(swarm, 1_000, () => {
      if (peers.every(({ statistics }) => statistics.handshakes > 0)) loop.release();
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(torrent.statistics().wastedBytes).toBeLessThanOrEqual(memoryBytes);
    expect(atOnce).toBeGreaterThan(memoryBytes / 2);
    expect(atOnce).toBeLessThanOrEqual(memoryBytes);
    expect(ahead).toBeLessThanOrEqual(2 * memoryBytes);
    expect(disk.allocatedLength).toBeLessThanOrEqual(memoryBytes);
  });
});
