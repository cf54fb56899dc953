export { Bitfield } from './bitfield.ts';
export type { ByteStream, ByteStreamHandler } from './byte-stream.ts';
export { MessageDecoder, type BlockSink, type DecoderOptions } from './decoder.ts';
export { encodeMessage, encodePieceHeader } from './encode.ts';
export { PeerWireError, type PeerWireErrorDetail } from './error.ts';
export type { PeerFlags } from './flags.ts';
export {
  HANDSHAKE_LENGTH,
  RESERVED_BIT,
  decodeHandshake,
  encodeHandshake,
  hasReservedBit,
  reservedBytes,
  type Handshake,
  type ReservedBit,
} from './handshake.ts';
export { MESSAGE_ID, type FlagMessage, type PeerMessage, type PieceMessage } from './message.ts';
export { PeerSession, type SessionHandler, type SessionOptions } from './session.ts';
