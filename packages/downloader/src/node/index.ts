export { download, type Download, type DownloadOptions, type DownloadSummary } from './download.ts';
export { downloadPiece } from './download-piece.ts';
export { fetchMetainfo } from './fetch-metainfo.ts';
export { probePeer } from './probe-peer.ts';
export type { MagnetSource, SwarmOptions, TorrentSource } from './swarm-options.ts';
export { FileStore, type FileStoreOptions } from './file-store.ts';
export type { ContentFile } from './content-files.ts';
export { systemClock } from './system-clock.ts';
