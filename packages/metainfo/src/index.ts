export { type CreateOptions, type CreateProgress, createTorrent } from './create.ts';
export { editTorrent, type TorrentEdits } from './edit.ts';
export { MetainfoError, type MetainfoErrorCode, type MetainfoErrorDetail } from './error.ts';
export { FileLayout, type FileSpan, type PieceRange } from './file-layout.ts';
export type { FileRange } from './file-ranges.ts';
export { formatMagnet } from './format-magnet.ts';
export { formatInfoHash, infoHash, type InfoHash, parseInfoHash } from './info-hash.ts';
export { type FileEntry, fileFromBytes, type InputFile } from './input-file.ts';
export type { MetainfoIssue } from './issue.ts';
export {
  type LocalNameSource,
  type LocalPathOptions,
  type LocalPaths,
  type LocalPathSource,
  toLocalName,
  toLocalPaths,
} from './local-paths.ts';
export type { Magnet, MagnetInit, MagnetParameter } from './magnet.ts';
export type { MagnetPeer } from './magnet-peer.ts';
export type { DhtNode, Metainfo, MetainfoVersion, TorrentFile } from './metainfo.ts';
export { parseInfo, parseMetainfo, type ParseOptions } from './parse.ts';
export { type MagnetOptions, parseMagnet } from './parse-magnet.ts';
export { createPeerId, peerId, type PeerId } from './peer-id.ts';
export { choosePieceLength } from './piece-length.ts';
export { BLOCK_LENGTH, type BlockRange, PieceLayout, type PieceLayoutOptions } from './piece-layout.ts';
export type { PathPlatform } from './safe-component.ts';
export { createSha1, type Sha1, sha1 } from './sha1.ts';
export type { TorrentFields } from './torrent-plan.ts';
