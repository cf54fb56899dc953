import type { AnnounceResponse } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import type { Layers } from '../layers.ts';
import { runMain } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

type Answers = Readonly<Record<string, AnnounceResponse | Error>>;

/** Trackers that answer as told; `asked` remembers which were. */
function trackers(answers: Answers, asked: string[] = []): Partial<Layers> {
  return {
    trackerClient: () =>
      Promise.resolve({
        proxyFromEnvironment: () => undefined,
        scrape: () => {
          throw new Error('no tracker was to be scraped');
        },
        announce: (tracker, { event }) => {
          asked.push(event === undefined ? tracker : `${event} ${tracker}`);
          const told = answers[tracker] ?? new Error(`unexpected ${tracker}`);
          return told instanceof Error ? Promise.reject(told) : Promise.resolve(told);
        },
      }),
  };
}

function answer(response: Partial<AnnounceResponse> = {}): AnnounceResponse {
  return { peers: [], intervalMs: 1_800_000, issues: [], ...response };
}

function refusal(): Error {
  return Object.assign(new Error('Cannot announce to "http://a.example": refused'), {
    name: 'TrackerError',
    code: 'REFUSED',
  });
}

const PEERS = [
  { host: '192.0.2.7', port: 6881 },
  { host: '2001:db8::7', port: 51413 },
];

describe('millrace peers', () => {
  it('prints one address a line', async () => {
    const layers = trackers({ 'http://tracker.example/announce': answer({ peers: PEERS }) });
    expect(await runMain(['peers', '-'], { stdin: sampleTorrent(), layers })).toEqual({
      exitCode: 0,
      out: '192.0.2.7:6881\n[2001:db8::7]:51413\n',
      err: '',
    });
  });

  it('asks the next tracker if one fails', async () => {
    const layers = trackers({
      'http://a.example/': refusal(),
      'http://b.example/': answer({ peers: PEERS }),
    });
    const argv = ['peers', '-', '-t', 'http://a.example/', '-t', 'http://b.example/'];
    const { exitCode, out, err } = await runMain(argv, { stdin: sampleTorrent(), layers });
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '192.0.2.7:6881\n[2001:db8::7]:51413\n' });
    expect(err).toBe('Cannot announce to "http://a.example": refused; asking the next tracker\n');
  });

  it('asks each once, and takes its own name off the list it was put on', async () => {
    const asked: string[] = [];
    const layers = trackers({ 'http://a.example/': refusal(), 'http://b.example/': answer() }, asked);
    await runMain(['peers', '-', '-t', 'http://a.example/', '-t', 'http://b.example/'], {
      stdin: sampleTorrent(),
      layers,
    });
    expect(asked).toEqual(['http://a.example/', 'http://b.example/', 'stopped http://b.example/']);
  });

  it('fails as the last tracker did', async () => {
    const layers = trackers({ 'http://tracker.example/announce': refusal() });
    const { exitCode, out, err } = await runMain(['peers', '-'], { stdin: sampleTorrent(), layers });
    expect({ exitCode, out }).toEqual({ exitCode: 6, out: '' });
    expect(err).toBe(
      'millrace: Cannot announce to "http://a.example": refused\n' +
        '  Nothing listens there now; try again later, or name another with --tracker.\n',
    );
  });

  it('passes on warnings, and says when there is no one', async () => {
    const layers = trackers({ 'http://tracker.example/announce': answer({ warning: 'late\u001b[2J' }) });
    expect(await runMain(['peers', '-'], { stdin: sampleTorrent(), layers })).toEqual({
      exitCode: 0,
      out: '',
      err:
        'The tracker warns: late\\u{1b}[2J\n' +
        'The tracker knows no other peer of this torrent at present.\n',
    });
  });
});
