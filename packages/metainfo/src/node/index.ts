export { createTorrentFrom, type CreateFromOptions } from './create-torrent-from.ts';
export {
  type DiskFile,
  filesFrom,
  type FilesFrom,
  type FilesFromOptions,
  type LeftOut,
} from './files-from.ts';
export type { FileState } from './hash/file-state.ts';
export type { FileProblem } from './verify/find-content.ts';
export {
  type ByteState,
  type CheckedFile,
  type CheckedRange,
  PIECE_STATE,
  type Verification,
} from './verify/verification.ts';
export { verifyFiles, type VerifyOptions } from './verify/verify-files.ts';
