import { describe, expect, it } from 'vitest';
import { Printer } from '../printer.ts';
import { fakeStatistics } from '../testing/fake-layers.ts';
import { MemoryTerminal } from '../testing/memory-terminal.ts';
import { PlainView } from './plain-view.ts';
import type { ProgressSource } from './progress-view.ts';

const MIB = 1024 * 1024;
const PLAN = {
  name: 'a\u001b.iso',
  infoHash: '',
  bytes: 100 * MIB,
  pieceCount: 400,
  selectedFiles: 1,
  fileCount: 1,
  isSelectionRemembered: false,
  path: 'a.iso',
};

function at(percent: number, phase: 'checking' | 'downloading' = 'downloading'): ProgressSource {
  const bytes = percent * MIB;
  const statistics = fakeStatistics({ phase, bytesTotal: 100 * MIB, bytesHave: bytes, bytesChecked: bytes });
  return { statistics: () => statistics, pieceStates: () => new Uint8Array(400) };
}

function started(isVerbose = false): { readonly view: PlainView; readonly lines: () => string[] } {
  const terminal = new MemoryTerminal();
  const view = new PlainView(new Printer(terminal.stderr), isVerbose);
  view.start(PLAN, 0);
  return { view, lines: () => terminal.err.split('\n').slice(1, -1) };
}

describe('PlainView', () => {
  it('begins with what it downloads, and where to', () => {
    const terminal = new MemoryTerminal();
    new PlainView(new Printer(terminal.stderr), false).start(PLAN, 0);
    expect(terminal.err).toBe('Downloading a\\u{1b}.iso: 100.0 MiB in 400 pieces, to a.iso\n');
  });

  it('writes a line at every tenth of the way', () => {
    const { view, lines } = started();
    for (let percent = 0; percent <= 45; percent += 1) view.tick(at(percent), percent);
    expect(lines()).toEqual([
      '10.0 %, 10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m 1s left, 3 peers',
      '20.0 %, 20.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m 1s left, 3 peers',
      '30.0 %, 30.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m 1s left, 3 peers',
      '40.0 %, 40.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m 1s left, 3 peers',
    ]);
  });

  it('writes a line every ten seconds where nothing moves', () => {
    const { view, lines } = started();
    for (let nowMs = 0; nowMs < 35_000; nowMs += 150) view.tick(at(5), nowMs);
    expect(lines()).toHaveLength(3);
  });

  it('does not count what was here already', () => {
    const { view, lines } = started();
    view.event({
      type: 'checked',
      piecesHave: 260,
      pieceCount: 400,
      bytesHave: 65 * MIB,
      bytesLeft: 35 * MIB,
      bytesChecked: 0,
    });
    view.tick(at(65), 1);
    view.tick(at(69), 2);
    view.tick(at(70), 3);
    expect(lines()).toEqual([
      '65.0 % is here already, 35.0 MiB to fetch',
      '70.0 %, 70.0 MiB of 100.0 MiB, 1.0 MiB/s, 1m 1s left, 3 peers',
    ]);
  });

  it('says that all is here', () => {
    const { view, lines } = started();
    view.event({
      type: 'checked',
      piecesHave: 400,
      pieceCount: 400,
      bytesHave: 100 * MIB,
      bytesLeft: 0,
      bytesChecked: 0,
    });
    view.end({
      path: 'a.iso',
      bytes: 100 * MIB,
      downloadedBytes: 0,
      wastedBytes: 0,
      uploadedBytes: 0,
      durationMs: 10,
      files: [],
    });
    expect(lines()).toEqual([
      'All of it is here already.',
      'Complete: 100.0 MiB, all of it was here already',
    ]);
  });

  it('tells of trackers that fail, and of peers only if asked', () => {
    const events = [
      {
        type: 'announceFailed',
        tracker: 'http://t.example/',
        error: new Error('Cannot announce: \u001b'),
        retryMs: 30_000,
      },
      { type: 'peerConnected', peer: '192.0.2.7:6881', origin: 'lan' },
    ] as const;
    const quiet = started();
    const verbose = started(true);
    for (const event of events) {
      quiet.view.event(event);
      verbose.view.event(event);
    }
    expect(quiet.lines()).toEqual(['Cannot announce: \\u{1b}; next try in 30s']);
    expect(verbose.lines()).toEqual([...quiet.lines(), 'peer 192.0.2.7:6881 connected (lan)']);
  });

  it('ends with how much, how long and how fast', () => {
    const { view, lines } = started();
    view.end({
      path: 'a.iso',
      bytes: 100 * MIB,
      downloadedBytes: 50 * MIB,
      wastedBytes: 1024,
      uploadedBytes: 0,
      durationMs: 5000,
      files: [],
    });
    expect(lines()).toEqual(['Downloaded 50.0 MiB in 5s, 10.0 MiB/s; 1.0 KiB wasted']);
  });
});
