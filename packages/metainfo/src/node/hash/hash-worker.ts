import { parentPort, workerData } from 'node:worker_threads';
import type { FileTrouble, HashJob } from './hash-job.ts';
import { hashUnits } from './hash-units.ts';
import { type PackedFiles, unpackFiles } from './packed-files.ts';

/** What a worker tells: each trouble, and at last that it has done its part. */
export type HashWorkerMessage = FileTrouble | 'done';

/** What a worker is started with. */
export interface HashWorkerData {
  readonly job: Omit<HashJob, 'files'>;
  readonly files: PackedFiles;
  readonly thread: number;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only HashThread starts this file
const { job, files, thread } = workerData as HashWorkerData;

for (const _ of hashUnits({ ...job, files: unpackFiles(files) }, thread, (trouble) => tell(trouble))) {
  // There is nothing else to do here.
}
tell('done');

function tell(message: HashWorkerMessage): void {
  parentPort?.postMessage(message);
}
