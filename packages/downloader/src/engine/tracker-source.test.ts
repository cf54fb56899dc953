import { infoHash, peerId } from '@millrace/metainfo';
import { ManualClock } from '@millrace/testkit';
import {
  TrackerError,
  type AnnounceRequest,
  type AnnounceResponse,
  type PeerAddress,
} from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { TrackerSource } from './tracker-source.ts';

const PEER: PeerAddress = { host: '10.0.0.1', port: 6881 };
const RESPONSE: AnnounceResponse = { peers: [PEER], intervalMs: 1_800_000, issues: [] };

type Answer = AnnounceResponse | Error | 'hang';

/** A source whose trackers answer as they are told, and a record of what they were asked. */
function sourceOf(
  tiers: readonly (readonly string[])[],
  answer: (tracker: string, count: number) => Answer,
  announceToAll = false,
) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const requests: AnnounceRequest[] = [];
  const events: DownloadEvent[] = [];
  const ownHosts: string[] = [];
  const timeouts: (number | undefined)[] = [];
  const source = new TrackerSource({
    tiers,
    announceToAll,
    clock,
    random: () => 0,
    onEvent: (event) => events.push(event),
    onExternalAddress: (host) => ownHosts.push(host),
    request: (event) => ({
      infoHash: infoHash(new Uint8Array(20)),
      peerId: peerId(new Uint8Array(20)),
      port: 1,
      uploaded: 0,
      downloaded: 0,
      left: 0,
      ...(event === undefined ? {} : { event }),
    }),
    announce: async (tracker, request, { signal, timeoutMs }) => {
      timeouts.push(timeoutMs);
      asked.push(`${Math.round(clock.now() / 1_000)} ${tracker} ${request.event ?? '-'}`);
      requests.push(request);
      const answered = answer(tracker, asked.length);
      if (answered === 'hang') {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      }
      if (answered instanceof Error) throw answered;
      return answered;
    },
  });
  const halt = new AbortController();
  const found: PeerAddress[] = [];
  const finding = (async () => {
    for await (const peers of source.find(halt.signal)) found.push(...peers);
  })();
  const stop = async (): Promise<void> => {
    halt.abort();
    await finding;
    let isOver = false;
    void source.stop().then(() => (isOver = true));
    await clock.advanceUntil(() => isOver);
  };
  const until = (count: number): Promise<void> => clock.advanceUntil(() => asked.length >= count, 1e9);
  return { source, clock, asked, timeouts, requests, events, ownHosts, found, stop, until };
}

describe('TrackerSource', () => {
  it('announces started, then again after each interval, and says goodbye', async () => {
    const { asked, found, stop, until } = sourceOf([['a']], () => RESPONSE);
    await until(3);
    await stop();
    expect(asked).toEqual(['0 a started', '1800 a -', '3600 a -', '3600 a stopped']);
    expect(found).toEqual([PEER, PEER, PEER]);
  });

  it('tells the address at which a tracker sees us', async () => {
    const { ownHosts, stop, until } = sourceOf([['a']], (_, count) =>
      count === 1 ? { ...RESPONSE, externalAddress: '192.0.2.7' } : RESPONSE,
    );
    await until(2);
    await stop();
    expect(ownHosts).toEqual(['192.0.2.7']);
  });

  it('asks the next tracker at once when one fails, and tells of both', async () => {
    const { asked, events, stop, until } = sourceOf([['a'], ['b']], (tracker) =>
      tracker === 'a' ? new Error('down') : RESPONSE,
    );
    await until(2);
    await stop();
    expect(asked).toEqual(['0 a started', '0 b started', '0 b stopped']);
    expect(events).toEqual([
      { type: 'announceFailed', tracker: 'a', error: new Error('down'), retryMs: 0 },
      { type: 'announced', tracker: 'b', peers: 1, warning: undefined },
    ]);
  });

  it('goes on forever while all fail, with growing pauses', async () => {
    const { asked, stop, until } = sourceOf([['a']], () => new Error('down'));
    await until(5);
    await stop();
    expect(asked).toEqual(['0 a started', '15 a started', '45 a started', '105 a started', '225 a started']);
  });

  it('announces sooner when peers run out, as soon as the tracker allows', async () => {
    const { source, asked, stop, until } = sourceOf([['a']], () => ({ ...RESPONSE, minIntervalMs: 300_000 }));
    await until(1);
    await new Promise(setImmediate);
    source.wantMore();
    source.wantMore();
    await until(2);
    await stop();
    expect(asked).toEqual(['0 a started', '300 a -', '300 a stopped']);
  });

  it('tells of the end once, while it goes on', async () => {
    const { source, asked, stop, until } = sourceOf([['a']], () => RESPONSE);
    await until(1);
    await new Promise(setImmediate);
    source.completed();
    await until(2);
    await stop();
    expect(asked).toEqual(['0 a started', '0 a completed', '0 a stopped']);
  });

  it('tells of the end with the goodbye when it ends with it', async () => {
    const { source, asked, clock, stop, until } = sourceOf([['a']], () => RESPONSE);
    await until(1);
    await new Promise(setImmediate);
    const stopping = stop();
    source.completed();
    await clock.advanceUntil(() => asked.length >= 3);
    await stopping;
    expect(asked).toEqual(['0 a started', '0 a completed', '0 a stopped']);
  });

  it('takes no more than three seconds for goodbyes that hang', async () => {
    const { asked, clock, stop, until } = sourceOf([['a']], (_, count) => (count === 1 ? RESPONSE : 'hang'));
    await until(1);
    await new Promise(setImmediate);
    await stop();
    expect([asked.at(-1), clock.now(), clock.pendingCount]).toEqual(['0 a stopped', 3_000, 0]);
  });

  it('says goodbye to a tracker whose answer it did not wait for', async () => {
    const { asked, stop, until } = sourceOf([['a']], (_, count) => (count === 1 ? 'hang' : RESPONSE));
    await until(1);
    await stop();
    expect(asked).toEqual(['0 a started', '0 a stopped']);
  });

  it('gives a tracker less time while nobody has answered and others wait', async () => {
    const { timeouts, stop, until } = sourceOf([['a'], ['b']], (tracker) =>
      tracker === 'a' ? new Error('down') : RESPONSE,
    );
    await until(4);
    await stop();
    expect(timeouts).toEqual([10_000, undefined, undefined, undefined, undefined]);
  });

  it('asks all at once, each at its own interval, and waits for none that hangs', async () => {
    const intervals: Readonly<Record<string, number>> = { b: 1_800_000, c: 900_000 };
    const { asked, found, stop, until, clock } = sourceOf(
      [['a', 'b'], ['c']],
      (tracker) => (tracker === 'a' ? 'hang' : { ...RESPONSE, intervalMs: intervals[tracker] ?? 0 }),
      true,
    );
    await until(6);
    await stop();
    expect(asked.slice(0, 6)).toEqual([
      '0 a started',
      '0 b started',
      '0 c started',
      '900 c -',
      '1800 b -',
      '1800 c -',
    ]);
    expect(asked.slice(6).toSorted()).toEqual(['1800 a stopped', '1800 b stopped', '1800 c stopped']);
    expect(found.length).toBeGreaterThanOrEqual(4);
    expect([clock.now(), clock.pendingCount]).toEqual([1_803_000, 0]);
  });

  it('has no more than sixteen announces under way', async () => {
    const trackers = Array.from({ length: 40 }, (_, index) => `t${index}`);
    const { asked, stop, until } = sourceOf([trackers], () => 'hang', true);
    await until(16);
    await new Promise(setImmediate);
    expect(asked).toHaveLength(16);
    await stop();
  });

  it('ends when no tracker is left that may be asked', async () => {
    const gone = new TrackerError({ code: 'HTTP_STATUS', tracker: 'a', status: 410, retryMs: undefined });
    const { source, asked, events, clock } = sourceOf([['a']], () => gone);
    await clock.advanceUntil(() => events.length === 1);
    await source.stop();
    expect(asked).toEqual(['0 a started']);
    expect(events).toMatchObject([{ type: 'announceFailed', retryMs: Number.POSITIVE_INFINITY }]);
    expect(clock.pendingCount).toBe(0);
  });

  it('gives a tracker its id back', async () => {
    const trackerId = Uint8Array.of(1, 2, 255);
    const { requests, stop, until } = sourceOf([['a']], () => ({ ...RESPONSE, trackerId }));
    await until(2);
    await stop();
    expect(requests.map((request) => request.trackerId)).toEqual([undefined, trackerId, trackerId]);
  });

  it('ends with what its listener throws, and takes no answer for a failure', async () => {
    const events: DownloadEvent[] = [];
    const source = new TrackerSource({
      tiers: [['a']],
      clock: new ManualClock(),
      random: () => 0,
      onEvent: (event) => {
        events.push(event);
        throw new Error('listener broke');
      },
      request: () => ({}) as AnnounceRequest,
      announce: async () => RESPONSE,
    });
    const found = source.find(new AbortController().signal);
    await expect(found.next()).rejects.toThrow('listener broke');
    expect(events.map(({ type }) => type)).toEqual(['announced']);
  });
});
