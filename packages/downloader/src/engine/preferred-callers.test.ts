import { peerId } from '@millrace/metainfo';
import { encodeHandshake, reservedBytes } from '@millrace/peer-wire';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { givenPeers } from '../peer-source.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { PeerPool } from './peer-pool.ts';
import type { Torrent } from './torrent.ts';

const OWN = { host: '123.213.32.10', port: 6881 };
const CALLERS = ['98.76.54.32', '203.0.113.9', '198.51.100.7', '192.0.2.200', '100.20.30.40'];

/** A torrent with room for two callers, which looks for peers and finds none. */
async function stage(isSeenAt: boolean) {
  const swarm = new MemorySwarm({ totalLength: 100_000 });
  const pool = new PeerPool({ sources: [givenPeers([])], now: () => swarm.network.clock.now() });
  if (isSeenAt) pool.list.seenAs(OWN);
  const torrent = swarm.torrent({ sources: pool, maxPeers: 2 });
  const stop = new AbortController();
  const running = torrent.run(stop.signal).catch(() => {});
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { swarm, pool, torrent, end };
}

/** Calls, and shakes hands if let in. Answers whether it was. */
function call(torrent: Torrent, { infoHash }: MemorySwarm, host: string): boolean {
  const connection = torrent.welcome({ host, port: 40_000 });
  if (connection === undefined) return false;
  connection.attach({ write: () => true, close() {} });
  const id = peerId(new TextEncoder().encode(host.padEnd(20, '-')));
  connection.onBytes(encodeHandshake({ infoHash, peerId: id, reserved: reservedBytes() }));
  return true;
}

describe('Crew with more callers than places', () => {
  it('keeps those that BEP 40 prefers', async () => {
    const { swarm, pool, torrent, end } = await stage(true);
    const priority = (host: string): number => pool.list.priorityOf({ host, port: 40_000 });
    const worstFirst = CALLERS.toSorted((a, b) => priority(a) - priority(b));
    for (const host of worstFirst) expect(call(torrent, swarm, host)).toBe(true);
    const dropped = swarm.eventsOf('peerDropped').map(({ peer }) => peer.split(':')[0]);
    expect(dropped).toEqual(worstFirst.slice(0, -2));
    expect(call(torrent, swarm, worstFirst[0] ?? '')).toBe(false);
    await end();
  });

  it('lets nobody in for another while it does not know where it is seen', async () => {
    const { swarm, torrent, end } = await stage(false);
    expect(CALLERS.map((host) => call(torrent, swarm, host))).toEqual([true, true, false, false, false]);
    await end();
  });
});
