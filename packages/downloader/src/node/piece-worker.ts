import { parentPort, workerData } from 'node:worker_threads';
import { PieceJobs, type PieceJob, type PieceJobsData } from './piece-jobs.ts';
import type { PieceReply, PieceRequest } from './piece-worker-protocol.ts';
import { storageError } from './storage-error.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only PieceThread starts this file
const data = workerData as PieceJobsData;
const jobs = new PieceJobs(data);

parentPort?.on('message', ({ id, job }: PieceRequest) => {
  parentPort?.postMessage(answer(id, job), memoryOf(job));
});
parentPort?.on('close', () => jobs.close());

function answer(id: number, job: PieceJob): PieceReply {
  try {
    const isRight = jobs.run(job);
    return job.type === 'commit'
      ? { id, type: 'done', isRight, memory: job.bytes.buffer }
      : { id, type: 'done', isRight };
  } catch (error) {
    return { id, type: 'failed', detail: storageError(error, data.root).detail };
  }
}

/** What is moved back to whom it came from, not copied. */
function memoryOf(job: PieceJob): ArrayBuffer[] {
  return job.type === 'commit' ? [job.bytes.buffer] : [];
}
