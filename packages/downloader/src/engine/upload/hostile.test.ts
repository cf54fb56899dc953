import { describe, expect, it } from 'vitest';
import { MemorySwarm } from '../../testing/memory-swarm.ts';
import { OwnSwarm, type OwnPeer } from '../../testing/own-swarm.ts';
import { Requester } from '../../testing/requester.ts';
import { SendBuffers } from './send-buffers.ts';

const BLOCK = 16_384;

/** A seeder of 20 pieces of 4 blocks but for two that it lacks, and someone who asks it. */
async function asking({ isFast = true, bytesPerSecond = 10_000_000, memoryBytes = 1 << 24 } = {}) {
  const network = { latencyMs: 5, bytesPerSecond };
  const swarm = new MemorySwarm({ totalLength: 20 * 65_536 - 100, pieceLength: 65_536, network });
  const own = new OwnSwarm(swarm);
  const sendBuffers = new SendBuffers(memoryBytes);
  const seeder = own.add({
    has: (index) => index < 18,
    seeding: {},
    givesOnly: true,
    sendBuffers,
  });
  const requester = new Requester(swarm, isFast);
  await own.until(() => seeder.torrent.statistics().phase === 'seeding');
  await requester.open(seeder);
  const { clock } = swarm.network;
  return { swarm, own, seeder, requester, clock, sendBuffers };
}

/** Why the seeder hung up. */
function reasonOf({ events }: OwnPeer): unknown {
  const dropped = events.find(({ type }) => type === 'peerDropped');
  return dropped?.type === 'peerDropped' ? dropped.reason : undefined;
}

function rejectsOf({ messages }: Requester): number {
  return messages.filter(({ type }) => type === 'reject').length;
}

describe('A peer that asks', () => {
  it('gets each block it asks for once, in order, and the short last one', async () => {
    const { own, requester } = await asking();
    const asked: string[] = [];
    for (let index = 0; index < 18; index += 1)
      for (let begin = 0; begin < 65_536; begin += BLOCK) {
        asked.push(`${index}:${begin}`);
        requester.session.request(index, begin, BLOCK);
      }
    requester.flush();
    await own.until(() => requester.blocks.length === asked.length);
    expect(requester.blocks).toEqual(asked);
    expect(requester.isRight).toBe(true);
    await own.stop();
  });

  it('gets blocks of other lengths and places, up to 128 KiB', async () => {
    const { own, requester } = await asking();
    const asked: [number, number, number][] = [
      [0, 1, 1],
      [0, 100, 65_000],
      [3, 65_535, 1],
      [2, 0, 65_536],
      [5, 7, BLOCK],
      [5, 7 + BLOCK, BLOCK],
    ];
    for (const [index, begin, length] of asked) requester.session.request(index, begin, length);
    requester.flush();
    await own.until(() => requester.blocks.length === asked.length);
    expect(requester.isRight).toBe(true);
    await own.stop();
  });

  it.each([
    [20, 0, BLOCK],
    [0xffff_ffff, 0, BLOCK],
    [0, 65_536, BLOCK],
    [0, 65_536 - BLOCK + 1, BLOCK],
    [0, 0xffff_ffff, BLOCK],
    [0, 0, 0],
    [0, 0, 131_073],
    [0, 0, 0xffff_ffff],
  ])(
    'is dropped when it asks for what no torrent has: piece %i, at %i, %i bytes',
    async (index, begin, length) => {
      const { own, seeder, requester } = await asking();
      requester.session.request(index, begin, length);
      requester.flush();
      await own.until(() => requester.isClosed);
      expect(reasonOf(seeder)).toMatchObject({ code: 'PEER_REQUEST' });
      expect(requester.blocks).toEqual([]);
      await own.stop();
    },
  );

  it.each([
    ['is told so', true, 3],
    ['hears nothing, without the fast extension,', false, 0],
  ])(
    '%s where it asks for a piece that is not there, and is dropped when it goes on',
    async (_, isFast, rejects) => {
      const { own, seeder, requester, clock } = await asking({ isFast });
      for (let count = 0; count < 3; count += 1) requester.session.request(19, 0, BLOCK);
      requester.flush();
      clock.advance(1_000);
      expect(rejectsOf(requester)).toBe(rejects);
      for (let count = 0; count < 1_000; count += 1) requester.session.request(19, 0, BLOCK);
      requester.flush();
      await own.until(() => requester.isClosed);
      expect(reasonOf(seeder)).toMatchObject({ code: 'PEER_REQUEST_FLOOD' });
      await own.stop();
    },
  );

  it('gets no block that it took back in time, and a reject for it', async () => {
    const { own, requester } = await asking({ bytesPerSecond: 100_000 });
    for (let index = 0; index < 10; index += 1) requester.session.request(index, 0, BLOCK);
    for (let index = 5; index < 10; index += 1) requester.session.cancel(index, 0, BLOCK);
    requester.flush();
    await own.until(() => requester.blocks.length + rejectsOf(requester) === 10);
    expect(requester.blocks).toEqual(['0:0', '1:0', '2:0', '3:0', '4:0']);
    await own.stop();
  });

  it('is dropped when it takes back what it never asked for, thousands of times', async () => {
    const { own, seeder, requester } = await asking();
    for (let count = 0; count < 2_100; count += 1) requester.session.cancel(0, 0, BLOCK);
    requester.flush();
    await own.until(() => requester.isClosed);
    expect(reasonOf(seeder)).toMatchObject({ code: 'MESSAGE_FLOOD' });
    await own.stop();
  });

  it('has 500 requests kept for it, and is dropped when it does not stop at that', async () => {
    const { own, seeder, requester } = await asking({ bytesPerSecond: 50_000 });
    for (let count = 0; count < 520; count += 1) requester.session.request(count % 18, 0, BLOCK);
    requester.flush();
    await own.until(() => rejectsOf(requester) > 0);
    expect(rejectsOf(requester)).toBeLessThanOrEqual(20);
    for (let count = 0; count < 1_600; count += 1) requester.session.request(count % 18, 0, BLOCK);
    requester.flush();
    await own.until(() => requester.isClosed);
    expect(reasonOf(seeder)).toMatchObject({ code: 'PEER_REQUEST_FLOOD' });
    await own.stop();
  });

  it('and does not read is let go after a minute; what was for it is bounded, and others are served', async () => {
    const memoryBytes = 2 * 16 * (BLOCK + 13);
    const { own, swarm, seeder, requester, sendBuffers } = await asking({
      bytesPerSecond: 2_000_000,
      memoryBytes,
    });
    const stuck = new Requester(swarm, true, 2);
    await stuck.open(seeder, '10.8.0.2');
    stuck.stopReading();
    for (let index = 0; index < 18; index += 1)
      for (let begin = 0; begin < 65_536; begin += BLOCK) {
        stuck.session.request(index, begin, BLOCK);
        requester.session.request(index, begin, BLOCK);
      }
    stuck.flush();
    requester.flush();
    await own.until(() => requester.blocks.length === 72);
    expect(sendBuffers.count).toBeLessThanOrEqual(2);
    await own.until(() => reasonOf(seeder) !== undefined, 70_000);
    expect(reasonOf(seeder)).toMatchObject({ code: 'PEER_NOT_READING' });
    expect(requester.isClosed).toBe(false);
    await own.stop();
  });

  it('gets nothing while it is choked but what it is allowed, and what it asked for before is rejected', async () => {
    const { own, swarm, seeder, clock } = await asking();
    // Six who want something, for five places at the most that an unlimited seeder has at first.
    const many = Array.from({ length: 12 }, (_, at) => new Requester(swarm, true, 10 + at));
    for (const [at, other] of many.entries()) await openChoked(swarm, seeder, other, `10.7.${at}.1`);
    clock.advance(1_000);
    const choked = many.find(({ session }) => session.remote.choking);
    expect(choked).toBeDefined();
    if (choked === undefined) return;
    const allowed = new Set(
      choked.messages.map((message) => (message.type === 'allowedFast' ? message.index : -1)),
    );
    for (let index = 0; index < 18; index += 1) choked.session.request(index, 0, BLOCK);
    choked.flush();
    clock.advance(2_000);
    const got = choked.blocks.map((block) => Number(block.split(':')[0]));
    expect(got.length).toBeGreaterThan(0);
    expect(got.every((index) => allowed.has(index))).toBe(true);
    expect(got.length + rejectsOf(choked)).toBe(18);
    await own.stop();
  });

  it('and says every moment that it wants something and does not, is not let in and shut out each time', async () => {
    const { own, seeder, requester, clock } = await asking();
    for (let count = 0; count < 900; count += 1) {
      requester.say({ type: count % 2 === 0 ? 'notInterested' : 'interested' });
      clock.advance(10);
    }
    const flips = requester.messages.filter(({ type }) => type === 'unchoke' || type === 'choke').length;
    expect(flips).toBeLessThan(200);
    expect(seeder.torrent.statistics().peersConnected).toBe(1);
    await own.stop();
  });
});

/** Connects someone who wants something, whether or not it is let in. */
async function openChoked(
  swarm: MemorySwarm,
  seeder: OwnPeer,
  requester: Requester,
  host: string,
): Promise<void> {
  let isLetIn = false;
  void requester.open(seeder, host).then(
    () => (isLetIn = true),
    () => {},
  );
  const { clock } = swarm.network;
  await clock.advanceUntil(() => isLetIn || requester.session.local.interested, 60_000);
}
