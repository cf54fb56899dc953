import { describe, expect, it } from 'vitest';
import { painter } from '../printer.ts';
import { fakeStatistics } from '../testing/fake-layers.ts';
import { withoutOwnSequences } from '../testing/own-sequences.ts';
import { drawFrame, type FrameContent, type FrameStyle } from './frame.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from './glyphs.ts';
import { textWidth } from './text-width.ts';

const MIB = 1024 * 1024;

const CONTENT: FrameContent = {
  name: 'debian-12.5.0-amd64-netinst.iso',
  statistics: fakeStatistics({
    bytesTotal: 600 * MIB,
    bytesHave: 150 * MIB,
    downloadRate: 12 * MIB,
    peersConnected: 23,
  }),
  pieceStates: Uint8Array.from({ length: 40 }, (_, piece) => (piece < 10 ? 2 : piece === 20 ? 1 : 0)),
  notice: undefined,
  isStopping: false,
};

const STYLE: FrameStyle = { columns: 60, rows: 24, glyphs: UNICODE_GLYPHS, paint: painter(false) };

function lines(content: Partial<FrameContent> = {}, style: Partial<FrameStyle> = {}): string[] {
  return drawFrame({ ...CONTENT, ...content }, { ...STYLE, ...style }).split('\n');
}

describe('drawFrame()', () => {
  it('shows name, size, bar, pieces and figures', () => {
    expect(lines({}, { columns: 42 })).toEqual([
      ' debian-12.5.0-amd64…tinst.iso  600.0 MiB',
      ' ━━━━━━━━────────────────────────  25.0 %',
      ' ██████████··········░···················',
      ' 150.0 MiB of 600.0 MiB · 12.0 MiB/s',
    ]);
  });

  it.each([1, 10, 12, 14, 20, 33, 60, 80, 140, 500])('stays within %d columns', (columns) => {
    const many = new Uint8Array(5000);
    for (const notice of [undefined, `Cannot announce: ${'日本語 '.repeat(100)}`]) {
      for (const isStopping of [false, true]) {
        for (const line of lines(
          { pieceStates: many, notice, isStopping, name: '日本語'.repeat(200) },
          { columns },
        )) {
          expect(textWidth(line)).toBeLessThan(Math.max(columns, 12));
        }
      }
    }
  });

  it('gives many pieces several rows, few one, and a low window one', () => {
    const states = (count: number): Uint8Array => new Uint8Array(count);
    expect(lines({ pieceStates: states(58) })).toHaveLength(4);
    expect(lines({ pieceStates: states(59) })).toHaveLength(5);
    expect(lines({ pieceStates: states(100_000) })).toHaveLength(7);
    expect(lines({ pieceStates: states(100_000) }, { rows: 8 })).toHaveLength(4);
    expect(lines({ pieceStates: states(0) })).toHaveLength(3);
  });

  it('keeps a cell with work going on apart from an idle one, without colours, too', () => {
    const [, , map] = lines({ pieceStates: Uint8Array.of(0, 1) });
    expect(map).toBe(` ${'·'.repeat(29)}${'░'.repeat(29)}`);
  });

  it('draws with ASCII where the terminal has no more', () => {
    expect(lines({ notice: 'x' }, { glyphs: ASCII_GLYPHS }).join('\n')).toMatch(/^[\n -~]*$/u);
  });

  it('colours what is here, and closes every style it opens', () => {
    const frame = drawFrame(CONTENT, { ...STYLE, paint: painter(true) });
    expect(frame).toContain('\u001b[32m');
    expect(frame).toContain('\u001b[33m');
    expect(withoutOwnSequences(frame)).toBe(drawFrame(CONTENT, STYLE));
  });

  it('says what it is at while it checks', () => {
    const statistics = fakeStatistics({
      phase: 'checking',
      bytesTotal: 1000 * MIB,
      bytesChecked: 500 * MIB,
      bytesHave: 0,
    });
    const shown = lines({ statistics });
    expect(shown[1]).toContain(' 50.0 %');
    expect(shown[3]).toBe(' checking what is here · 500.0 MiB of 1000.0 MiB');
  });

  it('says that it looks for peers while there are none', () => {
    const none = { peersConnected: 0, downloadRate: 0, etaMs: undefined, bytesTotal: 1000 };
    expect(lines({ statistics: fakeStatistics({ ...none, peersKnown: 0 }) })[3]).toBe(
      ' 500 B of 1000 B · looking for peers',
    );
    expect(lines({ statistics: fakeStatistics({ ...none, peersKnown: 9 }) })[3]).toBe(
      ' 500 B of 1000 B · trying 9 peers',
    );
  });

  it('says how to stop at once while it stops', () => {
    expect(lines({ isStopping: true }).at(-1)).toBe(' Stopping. Press Ctrl-C again to stop at once.');
  });
});
