import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname, '../results');

/** Writes what a benchmark found, with the machine it ran on, and returns where. */
export async function saveResult(benchmark: string, outcome: object): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  const path = join(RESULTS, `${benchmark}-${date.replaceAll(':', '-')}.json`);
  const [cpu] = cpus();
  const machine = { cpu: cpu?.model, cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  await writeFile(path, `${JSON.stringify({ date, machine, ...outcome }, undefined, 2)}\n`);
  return path;
}
