import { parseMagnet, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { selectionOf, type SelectionFlags } from './selection.ts';
import type { Source } from './source.ts';
import { sampleTorrent } from './testing/torrent.ts';

const METAINFO = parseMetainfo(
  sampleTorrent({
    name: 'show',
    files: [
      { path: ['One.mkv'], length: 10_000 },
      { path: ['Two.MKV'], length: 10_000 },
      { path: ['extra', 'sample.mkv'], length: 10_000 },
      { path: ['extra', '[a].txt'], length: 10_000 },
    ],
  }),
);
const TORRENT: Source = { type: 'torrent', metainfo: METAINFO };

async function selected(
  flags: SelectionFlags,
  source: Source = TORRENT,
): Promise<readonly number[] | undefined> {
  return (await selectionOf(flags, source))(METAINFO);
}

function magnet(selection: string): Source {
  return { type: 'magnet', magnet: parseMagnet(`magnet:?xt=urn:btih:${'0'.repeat(40)}&so=${selection}`) };
}

describe('selectionOf()', () => {
  it.each<[SelectionFlags, readonly number[] | undefined]>([
    [{}, undefined],
    [{ select: ['1'] }, [0]],
    [{ select: ['2-4'] }, [1, 2, 3]],
    [{ select: ['4,1-2'] }, [0, 1, 3]],
    [{ select: ['3', '1'] }, [0, 2]],
    [{ select: ['*.mkv'] }, [0, 1, 2]],
    [{ select: ['*.mkv'], exclude: ['*sample*'] }, [0, 1]],
    [{ select: ['extra/*'] }, [2, 3]],
    [{ select: ['**/*.txt'] }, [3]],
    [{ select: ['extra/[a].txt'] }, [3]],
    [{ exclude: ['1-2'] }, [2, 3]],
    [{ exclude: ['*.nfo'] }, [0, 1, 2, 3]],
    [{ select: ['1', '*.txt'] }, [0, 3]],
  ])('makes of %j the files %j', async (flags, files) => {
    expect(await selected(flags)).toEqual(files);
  });

  it.each<[SelectionFlags, string]>([
    [{ select: ['0'] }, 'Cannot select file 0: they go from 1 to 4'],
    [{ select: ['5'] }, 'Cannot select file 5: they go from 1 to 4'],
    [{ select: ['2-5'] }, 'Cannot select file 5'],
    [{ exclude: ['9'] }, 'Cannot select file 9'],
    [{ select: ['3-1'] }, 'Cannot select files 3-1: a range must go up'],
    [{ select: ['999999999999999'] }, 'Cannot select file 999999999999999'],
    [{ select: ['*.avi'] }, 'Cannot select "*.avi": none of the 4 files matches; see them with --list'],
    [{ select: ['1', '*.avi'] }, 'Cannot select "*.avi"'],
    [{ select: [''] }, 'Cannot select ""'],
    [{ select: ['\u001b[2J'] }, String.raw`Cannot select "\u{1b}[2J"`],
    [{ select: ['a'.repeat(70_000)] }, 'it must be a number, a range or a pattern'],
    [{ exclude: ['*', 'extra/**'] }, 'Cannot select files: none is left'],
    [{ select: ['1'], exclude: ['1'] }, 'Cannot select files: none is left'],
  ])('refuses %j', async (flags, message) => {
    await expect(selected(flags)).rejects.toThrow(message);
    await expect(selected(flags)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('takes what a link selects, which counts from 0, unless told otherwise', async () => {
    expect(await selected({}, magnet('0,2-3'))).toEqual([0, 2, 3]);
    expect(await selected({}, magnet('1-9007199254740991'))).toEqual([1, 2, 3]);
    expect(await selected({ exclude: ['3'] }, magnet('0,2-3'))).toEqual([0, 3]);
    expect(await selected({ select: ['2'] }, magnet('0,2-3'))).toEqual([1]);
    await expect(selected({}, magnet('7'))).rejects.toThrow('none of the 4 files matches');
  });
});
