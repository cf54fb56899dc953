export { FileLayout, type FileSpan, type PieceRange } from './file-layout.ts';
export { formatInfoHash, infoHash, type InfoHash, parseInfoHash } from './info-hash.ts';
export { createPeerId, peerId, type PeerId } from './peer-id.ts';
export { BLOCK_LENGTH, type BlockRange, PieceLayout, type PieceLayoutOptions } from './piece-layout.ts';
export { createSha1, type Sha1, sha1 } from './sha1.ts';
