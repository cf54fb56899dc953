import { parentPort, workerData } from 'node:worker_threads';
import { FileLayout, PieceLayout } from '@millrace/metainfo';
import { matchesHash } from '../storage/verifying-store.ts';
import { ContentFiles } from './content-files.ts';
import type { PieceJob, PieceReply, PieceRequest, PieceWorkerData } from './piece-worker-protocol.ts';
import { storageError } from './storage-error.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only FileStore starts this file
const { root, files, pieceLength, totalLength, pieceHashes, partLengths } = workerData as PieceWorkerData;
const layout = new PieceLayout({ pieceLength, totalLength });
const lengths = files.map((file) => file.length);
const content = new ContentFiles({ root, files, fileLayout: new FileLayout(layout, lengths), partLengths });
let readBuffer = new Uint8Array(0);
const memories: Uint8Array[] = [];

parentPort?.on('message', ({ id, job }: PieceRequest) => parentPort?.postMessage(answer(id, job)));
parentPort?.on('close', () => content.close());

function answer(id: number, job: PieceJob): PieceReply {
  try {
    return { id, type: 'done', isRight: run(job) };
  } catch (error) {
    return { id, type: 'failed', detail: storageError(error, root).detail };
  }
}

function run(job: PieceJob): boolean {
  switch (job.type) {
    case 'commit':
      return commit(job.index, memoryOf(job.memoryId, job.memory).subarray(0, job.length));
    case 'check': {
      if (readBuffer.length === 0) readBuffer = new Uint8Array(layout.maxPieceLength);
      const piece = readBuffer.subarray(0, layout.pieceLength(job.index));
      return content.readPiece(job.index, piece) && matchesHash(job.index, piece, pieceHashes);
    }
    case 'finishFile':
      content.finishFile(job.fileIndex);
      return true;
    case 'reopenFile':
      content.reopenFile(job.fileIndex);
      return true;
  }
}

function commit(index: number, bytes: Uint8Array): boolean {
  if (!matchesHash(index, bytes, pieceHashes)) return false;
  content.writePiece(index, bytes);
  return true;
}

function memoryOf(id: number, memory: SharedArrayBuffer | undefined): Uint8Array {
  const known = memory === undefined ? memories[id] : new Uint8Array(memory);
  if (known === undefined) throw new RangeError(`Cannot use memory ${id}: it was never told`);
  memories[id] = known;
  return known;
}
