import { infoHash, peerId } from '@millrace/metainfo';
import { ManualClock, seededRandom } from '@millrace/testkit';
import type { AnnounceRequest, AnnounceResponse, PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { TrackerSource } from './tracker-source.ts';

const PEER: PeerAddress = { host: '10.0.0.1', port: 6881 };
const RESPONSE: AnnounceResponse = { peers: [PEER], intervalMs: 1_800_000, issues: [] };

type Answer = AnnounceResponse | Error | 'hang';

/** A source whose trackers answer as they are told, and a record of what they were asked. */
function sourceOf(tiers: readonly (readonly string[])[], answer: (tracker: string, count: number) => Answer) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const requests: AnnounceRequest[] = [];
  const events: DownloadEvent[] = [];
  const ownHosts: string[] = [];
  const source = new TrackerSource({
    tiers,
    clock,
    random: seededRandom(1),
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
    announce: async (tracker, request, { signal }) => {
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
  return { source, clock, asked, requests, events, ownHosts, found, stop, until };
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

  it('takes no more than five seconds for goodbyes that hang', async () => {
    const { asked, clock, stop, until } = sourceOf([['a']], (_, count) => (count === 1 ? RESPONSE : 'hang'));
    await until(1);
    await new Promise(setImmediate);
    await stop();
    expect([asked.at(-1), clock.now(), clock.pendingCount]).toEqual(['0 a stopped', 5_000, 0]);
  });

  it('says goodbye to a tracker whose answer it did not wait for', async () => {
    const { asked, stop, until } = sourceOf([['a']], (_, count) => (count === 1 ? 'hang' : RESPONSE));
    await until(1);
    await stop();
    expect(asked).toEqual(['0 a started', '0 a stopped']);
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
      random: seededRandom(1),
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
