export {
  download,
  type Download,
  type DownloadOptions,
  type DownloadSummary,
  type SwarmOptions,
} from './download.ts';
export { downloadPiece } from './download-piece.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export type { ContentFile } from './content-files.ts';
export { systemClock } from './system-clock.ts';
