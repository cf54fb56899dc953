import { describe, expect, it } from 'vitest';
import { fakeStatistics } from '../testing/fake-layers.ts';
import { MemoryTerminal } from '../testing/memory-terminal.ts';
import { withoutOwnSequences } from '../testing/own-sequences.ts';
import { looksOf } from '../terminal.ts';
import type { Canvas } from './canvas.ts';
import { LiveView, openLiveView } from './live-view.ts';
import type { ProgressSource } from './progress-view.ts';

const PLAN = {
  name: 'a\u001b[2J.iso',
  infoHash: '',
  bytes: 1000,
  pieceCount: 2,
  selectedFiles: 1,
  fileCount: 1,
  isSelectionRemembered: false,
  path: 'a.iso',
};
const SOURCE: ProgressSource = { statistics: () => fakeStatistics(), pieceStates: () => Uint8Array.of(2, 1) };
const FAILED = {
  type: 'announceFailed',
  tracker: 'http://t.example/',
  error: new Error('Cannot\u0007'),
  retryMs: 1000,
} as const;

/** A canvas that remembers what was done to it. */
function recorder(): { readonly canvas: Canvas; readonly calls: string[] } {
  const calls: string[] = [];
  const canvas = Object.assign((frame: string) => void calls.push(frame), {
    persist: (lines: string) => void calls.push(`above: ${lines}`),
    clear: () => void calls.push('clear'),
    done: () => void calls.push('done'),
  });
  return { canvas, calls };
}

function liveView(isVerbose: boolean): { readonly view: LiveView; readonly calls: string[] } {
  const { canvas, calls } = recorder();
  const { stderr } = new MemoryTerminal({ isTerminal: true });
  const view = new LiveView(
    canvas,
    stderr,
    { canRedraw: true, hasColour: false, hasUnicode: true },
    isVerbose,
  );
  view.start(PLAN);
  return { view, calls };
}

describe('LiveView', () => {
  it('draws a frame per tick, and escapes the name in it', () => {
    const { view, calls } = liveView(false);
    view.tick(SOURCE);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toContain('a\\u{1b}[2J.iso');
  });

  it('shows why a tracker failed until one answers', () => {
    const { view, calls } = liveView(false);
    view.event(FAILED);
    view.tick(SOURCE);
    expect(calls.at(-1)).toContain('! Cannot\\u{7}; next try in 1s');
    view.event({ type: 'announced', tracker: 'http://t.example/', peers: 3 });
    view.tick(SOURCE);
    expect(calls.at(-1)).not.toContain('!');
  });

  it('writes what it is told above the frame if it is to be verbose, all of a tick at once', () => {
    const { view, calls } = liveView(true);
    view.event(FAILED);
    view.event({ type: 'peerConnected', peer: '192.0.2.7:1', origin: 'tracker' });
    view.tick(SOURCE);
    expect(calls[0]).toBe('above: Cannot\\u{7}; next try in 1s\npeer 192.0.2.7:1 connected (tracker)');
    expect(calls).toHaveLength(2);
  });

  it('clears up at the end and leaves the summary', () => {
    const { view, calls } = liveView(false);
    view.tick(SOURCE);
    view.end({
      path: 'a.iso',
      bytes: 1000,
      downloadedBytes: 1000,
      wastedBytes: 0,
      uploadedBytes: 0,
      durationMs: 1000,
      files: [],
    });
    expect(calls.slice(1)).toEqual(['clear', 'above: ✓ Downloaded 1000 B in 1s, 1000 B/s', 'done']);
  });

  it('clears up without a summary if the download failed', () => {
    const { view, calls } = liveView(false);
    view.stopping();
    view.tick(SOURCE);
    view.end(undefined);
    expect(calls[0]).toContain('Stopping.');
    expect(calls.slice(1)).toEqual(['clear', 'done']);
  });
});

describe('openLiveView()', () => {
  it('draws in place on a real canvas, with no sequence but those of its own', async () => {
    const terminal = new MemoryTerminal({ isTerminal: true, columns: 60 });
    const view = await openLiveView(terminal.stderr, looksOf(terminal.stderr, {}), true);
    view.start(PLAN);
    view.tick(SOURCE);
    view.event(FAILED);
    view.tick(SOURCE);
    view.end({
      path: 'a.iso',
      bytes: 1000,
      downloadedBytes: 1000,
      wastedBytes: 0,
      uploadedBytes: 0,
      durationMs: 1000,
      files: [],
    });
    const text = withoutOwnSequences(terminal.err);
    expect(text).not.toMatch(/[^\n\P{C}]/u);
    expect(text).toContain('✓ Downloaded 1000 B in 1s, 1000 B/s\n');
  });
});
