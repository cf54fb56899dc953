import path from 'node:path';
import { DownloadError, type DownloadEvent } from '@millrace/downloader';
import type { DownloadOptions } from '@millrace/downloader/node';
import { describe, expect, it } from 'vitest';
import { Interruption } from '../interruption.ts';
import { fakeDownload } from '../testing/fake-layers.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

const EVENTS: readonly DownloadEvent[] = [
  { type: 'checked', piecesHave: 0, pieceCount: 3, bytesHave: 0, bytesLeft: 40_000, bytesChecked: 0 },
  {
    type: 'announceFailed',
    tracker: 'http://t.example/s3cret',
    error: new Error('Cannot announce'),
    retryMs: 5000,
  },
  { type: 'announced', tracker: 'http://t.example/s3cret', peers: 1, warning: 'late\u001b' },
  {
    type: 'peerDropped',
    peer: '192.0.2.7:1',
    reason: new DownloadError({ code: 'PEER_STALLED', silentMs: 1 }),
  },
  { type: 'pieceVerified', index: 0, bytesLeft: 23_616 },
];

function jsonLines(out: string): unknown[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('millrace download', () => {
  it('prints where it is on standard output, and how it went on standard error', async () => {
    const result = await runMain(['download', '-'], { stdin: sampleTorrent(), layers: fakeDownload() });
    expect(result).toEqual({
      exitCode: 0,
      out: 'sample.bin\n',
      err:
        'Downloading sample.bin: 39.1 KiB in 3 pieces, to sample.bin\n' +
        'Downloaded 39.1 KiB in 1s, 39.1 KiB/s\n',
    });
  });

  it('puts it in a folder that is there', async () => {
    const folder = await temporaryFolder();
    const calls: DownloadOptions[] = [];
    const layers = fakeDownload({}, calls);
    const { out } = await runMain(['download', '-o', folder, '-'], { stdin: sampleTorrent(), layers });
    expect(out).toBe(`${path.join(folder, 'sample.bin')}\n`);
    expect(calls[0]?.path).toBe(path.join(folder, 'sample.bin'));
  });

  it('hands on every option, and leaves out what was not given', async () => {
    const calls: DownloadOptions[] = [];
    const layers = fakeDownload({}, calls);
    const argv = [
      'download',
      '-',
      '-p',
      '192.0.2.7:1',
      '--peer',
      '[::1]:2',
      '-t',
      'http://a.example/',
      '-t',
      'udp://b.example:1',
    ];
    const limits = [
      '--max-peers',
      '7',
      '--memory',
      '8M',
      '--request-timeout',
      '3s',
      '--port',
      '7000',
      '--overwrite',
      '--recheck',
      '--no-part',
      '--state',
      'beside',
    ];
    await runMain([...argv, ...limits], { stdin: sampleTorrent(), layers });
    await runMain(['download', '-'], { stdin: sampleTorrent(), layers });
    expect(calls[0]).toMatchObject({
      peers: [
        { host: '192.0.2.7', port: 1 },
        { host: '::1', port: 2 },
      ],
      trackers: [['http://a.example/', 'udp://b.example:1'], ['http://tracker.example/announce']],
      maxPeers: 7,
      memoryBytes: 8 * 1024 * 1024,
      requestTimeoutMs: 3000,
      port: 7000,
      overwrite: true,
      recheck: true,
      partFiles: false,
      state: 'beside',
    });
    expect(Object.keys(calls[1] ?? {}).toSorted()).toEqual([
      'onEvent',
      'overwrite',
      'path',
      'signal',
      'state',
    ]);
  });

  it('goes on with files that were selected before, until others are', async () => {
    const folder = await temporaryFolder();
    const asked: unknown[] = [];
    const calls: DownloadOptions[] = [];
    const { downloader } = fakeDownload({}, calls);
    const layers = {
      downloader: async () => ({
        ...(await downloader()),
        rememberedFiles: (_: unknown, options: unknown) => {
          asked.push(options);
          return [0];
        },
      }),
    };
    const state = path.join(folder, 'state');
    const argv = ['download', '--state', state, '-o', `${folder}/`, '-'];
    const { err } = await runMain(argv, { stdin: sampleTorrent(), layers });
    expect(asked).toEqual([{ path: path.join(folder, 'sample.bin'), state: { folder: state } }]);
    expect(calls[0]?.files).toEqual([0]);
    expect(err).toContain("to download all of them: -s '*'");
    for (const flags of [
      ['-s', '1'],
      ['-x', 'none'],
      ['--state', 'none'],
    ])
      await runMain([...argv, ...flags], { stdin: sampleTorrent(), layers });
    expect(asked.length).toBe(1);
  });

  it('shows no progress with --quiet', async () => {
    const layers = fakeDownload({ events: EVENTS });
    const result = await runMain(['download', '-q', '-'], { stdin: sampleTorrent(), layers });
    expect(result).toEqual({ exitCode: 0, out: 'sample.bin\n', err: '' });
  });

  it('tells of trackers and peers with --verbose, but no keys', async () => {
    const layers = fakeDownload({ events: EVENTS });
    const { err } = await runMain(['download', '-v', '-'], { stdin: sampleTorrent(), layers });
    expect(err).toContain('tracker http://t.example knows 1 peer; it warns: late\\u{1b}\n');
    expect(err).toContain('peer 192.0.2.7:1 dropped: Cannot keep peer');
    expect(err).not.toContain('s3cret');
  });

  it('prints one event a line with --json, and nothing else', async () => {
    const layers = fakeDownload({ events: EVENTS });
    const { exitCode, out, err } = await runMain(['download', '--json', '-'], {
      stdin: sampleTorrent(),
      layers,
    });
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/^(?:[^\p{C}]*\n)*$/u);
    expect(out).not.toContain('s3cret');
    const target = path.resolve('sample.bin');
    expect(jsonLines(out)).toEqual([
      {
        schema: 1,
        event: 'started',
        name: 'sample.bin',
        infoHash: expect.stringMatching(/^[0-9a-f]{40}$/u),
        bytes: 40_000,
        pieceCount: 3,
        selectedFiles: 1,
        fileCount: 1,
        isSelectionRemembered: false,
        path: target,
      },
      { event: 'checked', piecesHave: 0, pieceCount: 3, bytesHave: 0, bytesLeft: 40_000, bytesChecked: 0 },
      {
        event: 'announceFailed',
        tracker: 'http://t.example',
        error: { code: 'UNKNOWN', message: 'Cannot announce' },
        retryMs: 5000,
      },
      { event: 'announced', tracker: 'http://t.example', peers: 1, warning: 'late\u001b' },
      {
        event: 'peerDropped',
        peer: '192.0.2.7:1',
        reason: expect.objectContaining({ code: 'PEER_STALLED' }),
      },
      { event: 'pieceVerified', index: 0, bytesLeft: 23_616 },
      expect.objectContaining({ event: 'done', bytes: 40_000, durationMs: 1000 }),
    ]);
  });

  it('fails with the code of what failed, says what to do, and ends --json with it', async () => {
    const error = new DownloadError({ code: 'EXISTS', path: 'sample.bin', found: 'another file' });
    const layers = fakeDownload({ end: { error } });
    const plain = await runMain(['download', '-q', '-'], { stdin: sampleTorrent(), layers });
    expect(plain).toEqual({
      exitCode: 13,
      out: '',
      err: `millrace: ${error.message}\n  Choose another place with -o, or replace what is there with --overwrite.\n`,
    });
    const json = await runMain(['download', '--json', '-'], { stdin: sampleTorrent(), layers });
    expect(json.exitCode).toBe(13);
    expect(jsonLines(json.out).at(-1)).toEqual({
      event: 'failed',
      code: 'EXISTS',
      message: error.message,
      exitCode: 13,
    });
  });

  it('carries the schema in the first line of --json even if that is the failure', async () => {
    const { exitCode, out } = await runMain(['download', '--json', '-'], { stdin: new Uint8Array(0) });
    expect(exitCode).toBe(25);
    expect(jsonLines(out)).toEqual([
      { schema: 1, event: 'failed', code: 'NOT_BENCODE', message: expect.any(String), exitCode: 25 },
    ]);
  });

  it('says how to go on when it is stopped', async () => {
    const stop = new AbortController();
    const layers = fakeDownload({ end: 'never', onRunning: () => stop.abort(new Interruption('SIGINT')) });
    const argv = ['download', '-o', "it's here", '-'];
    const options = { stdin: sampleTorrent(), layers, signal: stop.signal };
    const { exitCode, out, err } = await runMain(argv, options);
    expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
    expect(err.split('\n').slice(1)).toEqual([
      'Stopping: telling the trackers takes a few seconds at most.',
      'Stopped at 50.0 %: 19.5 KiB of 39.1 KiB is here and checked.',
      'To go on, run this again, with the same torrent on standard input:',
      String.raw`  millrace download -o 'it'\''s here' -`,
      '',
    ]);
  });

  it('ends --json with the interruption', async () => {
    const stop = new AbortController();
    const layers = fakeDownload({ end: 'never', onRunning: () => stop.abort(new Interruption('SIGTERM')) });
    const options = { stdin: sampleTorrent(), layers, signal: stop.signal };
    const { exitCode, out } = await runMain(['download', '--json', '-'], options);
    expect(exitCode).toBe(7);
    expect(jsonLines(out).slice(1)).toEqual([
      { event: 'stopping' },
      { event: 'failed', code: 'INTERRUPTED', message: 'Stopped by SIGTERM', exitCode: 7 },
    ]);
  });

  it('draws in place on a terminal, and cleans up', async () => {
    const options = { stdin: sampleTorrent(), layers: fakeDownload(), isTerminal: true };
    const { out, err } = await runMain(['download', '-'], { ...options, environment: { NO_COLOR: '1' } });
    expect(out).toBe('sample.bin\n');
    expect(err).toContain('✓ Downloaded 39.1 KiB');
  });

  it('writes plain lines on a terminal that cannot draw', async () => {
    const options = { stdin: sampleTorrent(), layers: fakeDownload(), isTerminal: true };
    const { err } = await runMain(['download', '-'], { ...options, environment: { TERM: 'dumb' } });
    expect(err).toMatch(/^Downloading sample\.bin[\n -~]*$/u);
  });
});
