import { infoHash } from '@millrace/metainfo';
import { ManualClock } from '@millrace/testkit';
import type { PeerAddress } from '@millrace/tracker-client';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { DhtSource, type DhtAnnouncer } from './dht-source.ts';

const HASH = infoHash(new Uint8Array(20).fill(7));
const PEER = { host: '192.0.2.1', port: 6881 };
const MINUTE = 60_000;

type Announced = Parameters<DhtAnnouncer['announce']>[1] & { readonly atMs: number };

/** A source over a node in memory, whose announces end as `answer` says. */
function stage(answer: (announced: Announced) => Promise<void> | void) {
  const clock = new ManualClock();
  const announces: Announced[] = [];
  const events: DownloadEvent[] = [];
  const found: PeerAddress[] = [];
  let releaseCount = 0;
  const halt = new AbortController();
  const source = new DhtSource({
    infoHash: HASH,
    port: () => 6881,
    open: async () => ({
      async announce(_infoHash, options) {
        const announced = { ...options, atMs: clock.now() };
        announces.push(announced);
        await answer(announced);
      },
    }),
    release: async () => {
      releaseCount += 1;
    },
    clock,
    onEvent: (event) => events.push(event),
  });
  const running = (async (): Promise<void> => {
    for await (const peers of source.find(halt.signal)) found.push(...peers);
  })();
  const end = async (): Promise<void> => {
    halt.abort();
    await running;
    await source.stop();
  };
  /** Lets so much time pass, and promises settle after each second of it. */
  const pass = async (ms: number, eachSecond: () => void = () => {}): Promise<void> => {
    await setImmediate();
    for (const endMs = clock.now() + ms; clock.now() < endMs;) {
      clock.advance(1_000);
      await setImmediate();
      eachSecond();
      await setImmediate();
    }
  };
  return { pass, announces, events, found, source, end, releases: () => releaseCount };
}

describe('DhtSource', () => {
  it('announces at once and every quarter of an hour, and yields peers as they are named', async () => {
    const { pass, announces, events, found, end, releases } = stage(({ onPeer }) => onPeer(PEER));
    await pass(0);
    expect(found).toEqual([PEER]);
    expect(events).toEqual([{ type: 'dhtAnnounced', peers: 1 }]);
    await pass(31 * MINUTE);
    expect(announces.map(({ atMs }) => atMs / MINUTE)).toEqual([0, 15, 30]);
    expect(announces[0]).toMatchObject({ port: 6881, seed: false });
    await end();
    expect(releases()).toBe(1);
  });

  it('asks again soon while nobody is found and peers are wanted, less and less often', async () => {
    const { pass, announces, source, end } = stage(() => {});
    await pass(20 * MINUTE, () => source.wantMore());
    const waits = announces.map(({ atMs }, at) =>
      Math.round((atMs - (announces[at - 1]?.atMs ?? 0)) / 1_000),
    );
    expect(waits.slice(0, 6)).toEqual([0, 5, 10, 20, 40, 80]);
    await end();
  });

  it('asks at most every other minute when there are peers, however much they are wanted', async () => {
    const { pass, announces, source, end } = stage(({ onPeer }) => onPeer(PEER));
    await pass(10 * MINUTE, () => source.wantMore());
    expect(announces.map(({ atMs }) => atMs / MINUTE)).toEqual([0, 2, 4, 6, 8, 10]);
    await end();
  });

  it('tells of failures, and goes on', async () => {
    const { pass, announces, events, end } = stage(() => Promise.reject(new Error('no nodes')));
    await pass(16 * MINUTE);
    expect(announces).toHaveLength(2);
    expect(events).toMatchObject([
      { type: 'discoveryFailed', origin: 'dht' },
      { type: 'discoveryFailed', origin: 'dht' },
    ]);
    await end();
  });

  it('announces as a seed once everything is here, and ends in the middle of an announce', async () => {
    const { pass, announces, events, source, end } = stage(
      ({ seed, signal }) =>
        new Promise((resolve, reject) => {
          if (!seed) resolve();
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
    );
    await pass(0);
    source.completed();
    await pass(15 * MINUTE);
    expect(announces.map(({ seed }) => seed)).toEqual([false, true]);
    await end();
    expect(events).toEqual([{ type: 'dhtAnnounced', peers: 0 }]);
  });
});
