import { describe, expect, it } from 'vitest';
import { looksOf, type TerminalStream } from './terminal.ts';

function stream(isTerminal: boolean): TerminalStream {
  return { isTerminal, columns: 80, rows: 24, write() {}, writeBytes() {} };
}

describe('looksOf()', () => {
  it('draws in colour where a person looks', () => {
    expect(looksOf(stream(true), {})).toEqual({ canRedraw: true, hasColour: true, hasUnicode: true });
  });

  it('does neither in a file or pipe', () => {
    expect(looksOf(stream(false), {})).toMatchObject({ canRedraw: false, hasColour: false });
  });

  it.each([
    [{ NO_COLOR: '1' }, { canRedraw: true, hasColour: false }],
    [{ NO_COLOR: '' }, { hasColour: true }],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, { hasColour: false }],
    [{ TERM: 'dumb' }, { canRedraw: false, hasColour: false, hasUnicode: false }],
    [{ TERM: 'linux' }, { canRedraw: true, hasUnicode: false }],
    [{ LANG: 'C' }, { hasUnicode: false }],
    [{ LANG: 'de_DE.ISO-8859-1' }, { hasUnicode: false }],
    [{ LANG: 'C', LC_ALL: 'C.UTF-8' }, { hasUnicode: true }],
    [{ LANG: 'en_US.utf8' }, { hasUnicode: true }],
  ])('with %j looks like %j', (environment, looks) => {
    expect(looksOf(stream(true), environment)).toMatchObject(looks);
  });

  it('lets FORCE_COLOR colour a pipe', () => {
    expect(looksOf(stream(false), { FORCE_COLOR: '1' }).hasColour).toBe(true);
    expect(looksOf(stream(false), { FORCE_COLOR: '0' }).hasColour).toBe(false);
  });
});
