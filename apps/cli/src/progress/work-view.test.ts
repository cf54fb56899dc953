import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Printer } from '../printer.ts';
import { MemoryTerminal, type MemoryTerminalOptions } from '../testing/memory-terminal.ts';
import { withoutOwnSequences } from '../testing/own-sequences.ts';
import { openWorkView, type WorkView } from './work-view.ts';

const MIB = 1024 ** 2;

function open(options: MemoryTerminalOptions, isQuiet = false): { view: WorkView; terminal: MemoryTerminal } {
  const terminal = new MemoryTerminal(options);
  const view = openWorkView('content', isQuiet, { terminal, err: new Printer(terminal.stderr) }, 1000);
  return { view, terminal };
}

describe('openWorkView', () => {
  it('draws a bar on a terminal, once the work takes longer than a moment, and clears it', async () => {
    const { view, terminal } = open({ isTerminal: true, columns: 60, environment: { NO_COLOR: '1' } });
    view.update(0, 8 * MIB, 1100);
    await nextTurn();
    expect(terminal.err).toBe('');
    view.update(MIB, 8 * MIB, 2000);
    await vi.waitFor(() => {
      view.update(2 * MIB, 8 * MIB, 3000);
      expect(terminal.err).toContain('25.0 %');
    });
    for (const text of ['content', '8.0 MiB', '2.0 MiB of 8.0 MiB', '1.0 MiB/s', '6s left'])
      expect(terminal.err).toContain(text);
    view.end();
    expect(withoutOwnSequences(terminal.err)).not.toContain('\u001b');
  });

  it('draws nothing for work that ends at once', async () => {
    const { view, terminal } = open({ isTerminal: true });
    view.update(MIB, MIB, 1200);
    view.end();
    await nextTurn();
    expect(terminal.err).toBe('');
  });

  it('writes a line each ten seconds where nobody looks', () => {
    const { view, terminal } = open({});
    for (let nowMs = 1000; nowMs <= 25_000; nowMs += 500)
      view.update((nowMs - 1000) * 1024, 100 * MIB, nowMs);
    view.end();
    expect(terminal.err.split('\n')).toEqual([
      '9.7 %, 9.8 MiB of 100.0 MiB, 1000.0 KiB/s, 1m 33s left',
      '19.5 %, 19.5 MiB of 100.0 MiB, 1000.0 KiB/s, 1m 23s left',
      '',
    ]);
  });

  it('shows nothing if told to be quiet', () => {
    const { view, terminal } = open({ isTerminal: true }, true);
    view.update(MIB, 8 * MIB, 100_000);
    view.end();
    expect(terminal.err).toBe('');
  });
});
