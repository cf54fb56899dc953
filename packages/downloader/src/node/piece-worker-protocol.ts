import type { DownloadErrorDetail } from '../error.ts';
import type { ContentFile } from './content-files.ts';

/** What a worker is started with. */
export interface PieceWorkerData {
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly pieceLength: number;
  readonly totalLength: number;
  /** 20 bytes a piece, on shared memory. */
  readonly pieceHashes: Uint8Array;
  /** The length that each part file has by now, on shared memory. */
  readonly partLengths: Float64Array;
}

/** A job for a worker. */
export type PieceJob =
  /** Verify and write the first `length` bytes of a memory. Done: whether the hash matched. */
  | {
      readonly type: 'commit';
      readonly index: number;
      readonly length: number;
      /** The number by which this worker knows the memory; telling it the memory each time would cost more than the rest. */
      readonly memoryId: number;
      /** The memory itself, the first time. */
      readonly memory: SharedArrayBuffer | undefined;
    }
  /** Read and verify. Done: whether it is there and right. */
  | { readonly type: 'check'; readonly index: number }
  | { readonly type: 'finishFile'; readonly fileIndex: number }
  | { readonly type: 'reopenFile'; readonly fileIndex: number };

export interface PieceRequest {
  readonly id: number;
  readonly job: PieceJob;
}

export type PieceReply =
  | { readonly id: number; readonly type: 'done'; readonly isRight: boolean }
  | { readonly id: number; readonly type: 'failed'; readonly detail: DownloadErrorDetail };
