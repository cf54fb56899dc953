export { allowedFastSet, type AllowedFastOptions } from './allowed-fast.ts';
export { Bitfield } from './bitfield.ts';
export type { ByteStream, ByteStreamHandler } from './byte-stream.ts';
export { MessageDecoder, type BlockSink, type DecoderOptions } from './decoder.ts';
export { PIECE_HEADER_LENGTH, encodeMessage, encodePieceHeader, putPieceHeader } from './encode.ts';
export { PeerWireError, type PeerWireErrorDetail } from './error.ts';
export type { ExtendedFields, RemoteExtended } from './extension/extended-handshake.ts';
export type { Extension, ExtensionChannel } from './extension/extension.ts';
export { LtDontHave, type LtDontHaveOptions } from './extension/lt-dont-have.ts';
export type { PeerFlags } from './flags.ts';
export {
  HANDSHAKE_LENGTH,
  HandshakeOpening,
  RESERVED_BIT,
  decodeHandshake,
  encodeHandshake,
  hasReservedBit,
  reservedBytes,
  type Handshake,
  type ReservedBit,
} from './handshake.ts';
export {
  MESSAGE_ID,
  type FlagMessage,
  type HaveEveryMessage,
  type PeerMessage,
  type PieceMessage,
} from './message.ts';
export {
  MetadataDownload,
  type MetadataDownloadOptions,
  type MetadataProgress,
  type MetadataRequest,
} from './metadata/metadata-download.ts';
export {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type MetadataMessage,
} from './metadata/metadata-message.ts';
export { UtMetadata, type UtMetadataOptions } from './metadata/ut-metadata.ts';
export {
  decodePexMessage,
  encodePexMessage,
  type PexAddress,
  type PexMessage,
  type PexPeer,
} from './pex/pex-message.ts';
export { UtPex, type UtPexOptions } from './pex/ut-pex.ts';
export { PeerSession } from './session.ts';
export type { SessionHandler, SessionOptions } from './session-options.ts';
