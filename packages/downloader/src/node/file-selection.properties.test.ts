import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLayout } from '@millrace/metainfo';
import type { Bitfield } from '@millrace/peer-wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DownloadError } from '../error.ts';
import { piecesOfFiles } from '../policy/wanted-pieces.ts';
import { upTo } from '../testing/bitfield.ts';
import { StoredContent } from '../testing/stored-content.ts';
import type { FileStore } from './file-store.ts';

const PIECE_LENGTH = 10;
const MAX_FILES = 7;
const PADDING = 2;

/** One run of a download: the files that are selected, what it gets done before it is killed, what happens to the disk then. */
interface Run {
  readonly selected: readonly boolean[];
  /** Per piece: whether it arrives. */
  readonly arrives: readonly boolean[];
  /** Cuts one of our own files to so many bytes: none, where it is undefined. */
  readonly cut: { readonly file: number; readonly length: number } | undefined;
}

const flags = (length: number): fc.Arbitrary<boolean[]> =>
  fc.array(fc.boolean(), { minLength: length, maxLength: length });

const run: fc.Arbitrary<Run> = fc.record({
  selected: flags(MAX_FILES),
  arrives: flags(20),
  cut: fc.option(fc.record({ file: fc.nat(9), length: fc.nat(5) }), { nil: undefined, freq: 2 }),
});

const lengths = fc
  .array(fc.oneof(fc.nat(4), fc.nat(25)), { minLength: 2, maxLength: MAX_FILES })
  .filter((sizes) => sizes.some((length) => length > 0));

/** Content one file of which only fills up. */
function contentOf(folder: string, sizes: readonly number[]): StoredContent {
  const files = sizes.map(
    (length, at) => [at === PADDING ? `.pad/${at}` : `d${at % 2}/f${at}`, length] as const,
  );
  return new StoredContent({ folder, files: Object.fromEntries(files), pieceLength: PIECE_LENGTH });
}

/** Everything, and nothing happens to it. */
const LAST: Run = { selected: Array.from({ length: MAX_FILES }, () => true), arrives: [], cut: undefined };
const OWN = /^\.parts|\.part$/u;

/** Cuts one of the files that are only ours. */
function cut(content: StoredContent, { file, length }: { file: number; length: number }): void {
  const victim = content.foundFiles().filter((name) => OWN.test(name))[file];
  if (victim === undefined) return;
  truncateSync(join(content.root, victim), Math.min(length, content.at(victim).length));
}

/** Answers with what is there, or `undefined` if a file is refused. */
async function examine(store: FileStore): Promise<Bitfield | undefined> {
  try {
    return await store.examine();
  } catch (error) {
    if (DownloadError.is(error) && error.code === 'EXISTS') return undefined;
    throw error;
  }
}

describe('FileStore, killed again and again while other files are selected', () => {
  it(
    'makes no neighbour file, believes no wrong byte, and loses nothing it was not robbed of',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(lengths, fc.array(run, { maxLength: 3 }), async (sizes, runs) => {
          const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
          await using content = contentOf(folder, sizes);
          const names = content.fileNames;
          const layout = new FileLayout(content.layout, sizes);
          const everSelected = new Set<string>();
          const arrived = new Set<number>();
          let isRobbed = false;
          for (const each of [...runs, LAST]) {
            const indexes = upTo(names.length).filter((at) => each.selected[at]);
            const wanted = indexes.map((at) => names[at] ?? '');
            for (const name of wanted) everSelected.add(name);
            const store = content.store({ wanted });
            const have = await examine(store);
            // A whole file without any piece that can be checked is taken for a foreign one: it stays as it is.
            if (have === undefined) {
              expect(isRobbed).toBe(true);
              rmSync(folder, { recursive: true });
              return;
            }
            for (const index of piecesOfFiles(layout, indexes)) {
              if (arrived.has(index)) expect([index, have.has(index)]).toEqual([index, true]);
              if (have.has(index) || (each !== LAST && !each.arrives[index])) continue;
              await content.commit(store, [index]);
              // Of padding alone nothing is ever on disk.
              if (layout.spans(index).some(({ fileIndex }) => fileIndex !== PADDING)) arrived.add(index);
            }
            if (each === LAST) await store.finish();
            await store.close();
            for (const name of content.foundFiles().filter((found) => !found.startsWith('.parts'))) {
              expect(everSelected).toContain(name.replace(/\.part$/u, ''));
              if (!OWN.test(name)) expect(content.at(name).equals(content.file(name))).toBe(true);
            }
            if (each.cut === undefined) continue;
            cut(content, each.cut);
            isRobbed = true;
            arrived.clear();
          }
          const whole = names.filter((name) => !name.startsWith('.pad'));
          expect(content.foundFiles().toSorted()).toEqual(whole.toSorted());
          rmSync(folder, { recursive: true });
        }),
        { numRuns: 5 },
      );
    },
  );
});
