import { parseArgs } from 'node:util';
import { formatComparison, type TaskResult } from './comparison.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { type Task, tryTask } from './trial.ts';
import { bencodeTasks, loadCodecs } from './layers/bencode-codecs.ts';
import { loadParsers, metainfoTask } from './layers/metainfo-parsers.ts';
import { SHAPES, torrentOf } from './layers/torrents.ts';

/** Decodes, encodes and parses torrents of all sizes, with each library in turn, and prints a table. */
export async function layers(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      budget: { type: 'string', default: '100' },
      only: { type: 'string', default: '' },
    },
  });
  const options = { rounds: parseSize(values.rounds), budgetMs: parseSize(values.budget) };
  const isWanted = ({ name }: Task) => name.includes(values.only);
  const { codecs, missing: missingCodecs } = await loadCodecs();
  const { parsers, missing: missingParsers } = await loadParsers();
  const missing = [...missingCodecs, ...missingParsers];

  const results: TaskResult[] = [];
  for (const shape of SHAPES) {
    const torrent = torrentOf(shape);
    console.error(`${shape.name}: ${torrent.length} bytes`);
    const tasks = [...bencodeTasks(shape, torrent, codecs), await metainfoTask(shape.name, torrent, parsers)];
    for (const task of tasks.filter(isWanted)) {
      results.push({ task: task.name, entrants: await tryTask(task, options) });
    }
  }
  console.log(`Milliseconds of one call, ${options.rounds} rounds of at least ${options.budgetMs} ms`);
  console.log(formatComparison(results));
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('layers', { ...options, missing, results })}`);
}
