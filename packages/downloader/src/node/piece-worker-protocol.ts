import type { DownloadErrorDetail } from '../error.ts';
import type { PieceJob } from './piece-jobs.ts';

export interface PieceRequest {
  readonly id: number;
  readonly job: PieceJob;
}

export type PieceReply =
  /** `memory` is that of the job, on its way back. */
  | { readonly id: number; readonly type: 'done'; readonly isRight: boolean; readonly memory?: ArrayBuffer }
  | { readonly id: number; readonly type: 'failed'; readonly detail: DownloadErrorDetail };
