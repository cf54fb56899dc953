import { connectTcp } from '@millrace/peer-wire/node';
import { describe, expect, it } from 'vitest';
import { startDemoSwarm } from './demo-swarm.ts';
import { TestClient } from './testing/test-client.ts';

describe('startDemoSwarm', () => {
  it('gives a torrent of several files by two whole seeders, found through its tracker, and ends with its block', async () => {
    const swarm = await startDemoSwarm();
    const { metainfo } = swarm.torrent;
    expect(metainfo.files.length).toBeGreaterThan(3);
    expect(metainfo.layout.totalLength).toBeGreaterThan(32 * 1024 * 1024);
    const url = new URL(metainfo.tiers[0]?.[0] ?? '');
    expect(url.hostname).toBe('127.0.0.1');
    expect(swarm.seeders).toHaveLength(2);
    for (const { address } of swarm.seeders) {
      const client = new TestClient(metainfo);
      client.start(await connectTcp(address, client));
      await expect.poll(() => client.session.remoteHave.isFull).toBe(true);
    }
    await swarm[Symbol.asyncDispose]();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
