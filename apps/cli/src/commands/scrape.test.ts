import type { ScrapeEntry } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import type { Layers } from '../layers.ts';
import { runMain } from '../testing/run-main.ts';

const HASH = 'd69f91e6b2ae4c542468d1073a71d4ea13879a7f';
const REFUSED = Object.assign(new Error('Cannot scrape'), { name: 'TrackerError', code: 'REFUSED' });

function trackers(answers: Readonly<Record<string, ScrapeEntry | undefined>>): Partial<Layers> {
  return {
    trackerClient: () =>
      Promise.resolve({
        proxyFromEnvironment: () => undefined,
        announce: () => {
          throw new Error('no tracker was to be joined');
        },
        scrape: (tracker) => {
          if (!Object.hasOwn(answers, tracker)) return Promise.reject(REFUSED);
          const entry = answers[tracker];
          return Promise.resolve(new Map(entry === undefined ? [] : [[HASH, entry]]));
        },
      }),
  };
}

const COUNTS = { seeders: 3, leechers: 1, downloads: 17 };
const ASK = ['-t', 'http://a.example/k3y/announce', '-t', 'udp://b.example:1', '-t', 'http://c.example/'];

describe('millrace scrape', () => {
  const layers = trackers({ 'http://a.example/k3y/announce': COUNTS, 'udp://b.example:1': undefined });

  it('prints what each tracker counts, and no keys', async () => {
    expect(await runMain(['scrape', ...ASK, HASH], { layers })).toEqual({
      exitCode: 0,
      out:
        'http://a.example: 3 seeders, 1 leecher, 17 downloads\n' +
        'udp://b.example:1: does not know the torrent\n',
      err: 'Cannot scrape\n',
    });
  });

  it('prints one object with --json', async () => {
    const { out, err } = await runMain(['scrape', '--json', ...ASK, HASH], { layers });
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      schema: 1,
      infoHash: HASH,
      trackers: [
        { tracker: 'http://a.example', isKnown: true, ...COUNTS },
        { tracker: 'udp://b.example:1', isKnown: false },
        { tracker: 'http://c.example', error: { code: 'REFUSED', message: 'Cannot scrape' } },
      ],
    });
  });

  it('fails if none answers, or there is none', async () => {
    expect(await runMain(['scrape', '-t', 'http://c.example/', HASH], { layers })).toMatchObject({
      exitCode: 6,
      out: '',
    });
    const { exitCode, err } = await runMain(['scrape', HASH]);
    expect(exitCode).toBe(28);
    expect(err).toContain('name one with --tracker');
  });
});
