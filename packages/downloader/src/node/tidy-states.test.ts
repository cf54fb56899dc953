import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha1 } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_STATISTICS } from '../statistics.ts';
import { encodeResumeState } from './resume-state.ts';
import { tidyStates } from './tidy-states.ts';

const DAY_S = 86_400;
const NOW_S = 1_800_000_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  mkdirSync(join(folder, 'states'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a state of some age in the folder. */
function put(name: string, root: string, days: number): void {
  const state = {
    isClean: true,
    pieces: new Bitfield(1),
    stamps: new BigInt64Array(3),
    unsynced: new Bitfield(1),
    boot: new Uint8Array(0),
    selected: undefined,
    isFinished: true,
    totals: NO_STATISTICS.restored,
  };
  const identity = { infoHash: sha1(new Uint8Array(0)), root, pieceCount: 1, totalLength: 1, fileCount: 1 };
  for (const path of [join(folder, 'states', name), join(folder, 'states', `${name}.old`)]) {
    writeFileSync(path, encodeResumeState(state, identity));
    utimesSync(path, NOW_S, NOW_S - days * DAY_S);
  }
}

const left = (): string[] => readdirSync(join(folder, 'states')).toSorted();

describe('tidyStates()', () => {
  it('removes what is of content that has been gone for a month, and nothing else', () => {
    const there = join(folder, 'there');
    writeFileSync(`${there}.part`, '');
    put('gone.resume', join(folder, 'gone'), 31);
    put('gone-lately.resume', join(folder, 'gone'), 29);
    put('there.resume', there, 400);
    writeFileSync(join(folder, 'states', 'not-ours.txt'), '');
    tidyStates(join(folder, 'states'), NOW_S * 1_000);
    expect(left()).toEqual([
      'gone-lately.resume',
      'gone-lately.resume.old',
      'not-ours.txt',
      'there.resume',
      'there.resume.old',
    ]);
  });

  it('removes what is damaged and old', () => {
    put('torn.resume', folder, 31);
    writeFileSync(join(folder, 'states', 'torn.resume'), 'd');
    utimesSync(join(folder, 'states', 'torn.resume'), NOW_S, NOW_S - 31 * DAY_S);
    tidyStates(join(folder, 'states'), NOW_S * 1_000);
    expect(left()).toEqual([]);
  });

  it('keeps the newest of too many', () => {
    for (const days of [5, 1, 9, 3]) put(`${days}.resume`, folder, days);
    tidyStates(join(folder, 'states'), NOW_S * 1_000, 2);
    expect(left()).toEqual(['1.resume', '1.resume.old', '3.resume', '3.resume.old']);
  });
});
