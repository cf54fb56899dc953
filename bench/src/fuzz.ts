import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { CODECS } from './fuzz/codecs.ts';
import type { FuzzReport } from './fuzz/report.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { formatTable } from './table.ts';

const PROGRAM = join(import.meta.dirname, 'fuzz/fuzz-process.ts');
/** Memory that a codec may use for its values; more ends its process. */
const HEAP_MEBIBYTES = 64;

/** Gives every codec damaged inputs, each in a process of its own with little memory, and prints what they stood. */
export async function fuzz(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
  });
  const seconds = parseSize(values.seconds);
  const seed = parseSize(values.seed);
  const reports: (FuzzReport & { readonly codec: string })[] = [];
  for (const { name } of CODECS) {
    const flags = [`--max-old-space-size=${HEAP_MEBIBYTES}`, PROGRAM, name, `${seed}`, `${seconds}`];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const report: FuzzReport = JSON.parse(stdout);
    reports.push({ codec: name, ...report });
  }
  console.log(
    `${seconds} s each, seed ${seed}, heap of ${HEAP_MEBIBYTES} MiB; every other error would end this`,
  );
  const rows = reports.map(({ codec, inputs, refused, longestMs, peakBytes }) => [
    codec,
    inputs.toLocaleString('en'),
    `${((100 * refused) / inputs).toFixed(1)} %`,
    longestMs.toFixed(1),
    (peakBytes / 1024 ** 2).toFixed(0),
  ]);
  console.log(formatTable(['codec', 'inputs', 'refused', 'longest ms', 'peak MiB'], rows));
  console.log(`written: ${await saveResult('fuzz', { seconds, seed, reports })}`);
}
