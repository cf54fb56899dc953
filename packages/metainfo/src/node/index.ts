export { createTorrentFrom, type CreateFromOptions } from './create-torrent-from.ts';
export {
  type DiskFile,
  filesFrom,
  type FilesFrom,
  type FilesFromOptions,
  type LeftOut,
} from './files-from.ts';
export type { FileState } from './hash/file-state.ts';
