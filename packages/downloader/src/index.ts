export type { Clock, Timer } from './clock.ts';
export type { Dial } from './engine/connector.ts';
export type { Identity } from './engine/introduction.ts';
export {
  MetadataFetch,
  type MetadataFetchOptions,
  type MetadataStatistics,
} from './engine/metadata-fetch.ts';
export { PeerExchange } from './engine/peer-exchange.ts';
export type { PeerAnswer } from './engine/peer-probe.ts';
export { PeerPool, type PeerPoolOptions } from './engine/peer-pool.ts';
export { Torrent } from './engine/torrent.ts';
export type { TorrentOptions } from './engine/torrent-options.ts';
export { TrackerSource, type Announce, type TrackerSourceOptions } from './engine/tracker-source.ts';
export { DownloadError, type DownloadErrorDetail } from './error.ts';
export type { DownloadEvent } from './events.ts';
export type { DownloadLimits } from './options.ts';
export { givenPeers, type PeerOrigin, type PeerSource } from './peer-source.ts';
export { Choker, type ChokeConditions } from './policy/choker.ts';
export type { ChokerPeer } from './policy/choker-peers.ts';
export { PiecePicker, type PeerKey, type PiecePickerOptions } from './policy/piece-picker.ts';
export { RateLimiter, type RateLimiterOptions, type RateShare } from './policy/rate-limiter.ts';
export { SuperSeeding, type Reveal, type SuperSeedingOptions } from './policy/super-seeding.ts';
export { piecesOfFiles } from './policy/wanted-pieces.ts';
export type { DownloadPhase, DownloadStatistics, TransferTotals } from './statistics.ts';
export { MemoryStorage } from './storage/memory-storage.ts';
export type { Committed, ExamineOptions, PieceStore } from './storage/piece-store.ts';
export type { Storage } from './storage/storage.ts';
export { verifyingStore } from './storage/verifying-store.ts';
