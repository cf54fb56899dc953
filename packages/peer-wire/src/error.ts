/** What went wrong with a peer, keyed by `code`. Lengths are in bytes and include the message id, not the 4-byte prefix. */
export type PeerWireErrorDetail =
  | { readonly code: 'MESSAGE_TOO_LONG'; readonly length: number; readonly maxLength: number }
  | {
      readonly code: 'MESSAGE_LENGTH';
      readonly id: number;
      readonly length: number;
      readonly expected: number;
    }
  | { readonly code: 'NOT_BITTORRENT' }
  | { readonly code: 'INFO_HASH_MISMATCH' }
  | { readonly code: 'CONNECTED_TO_SELF' }
  | { readonly code: 'BITFIELD_LENGTH'; readonly length: number; readonly expected: number }
  | { readonly code: 'BITFIELD_SPARE_BITS'; readonly pieceCount: number }
  | { readonly code: 'PIECE_OUT_OF_RANGE'; readonly index: number; readonly pieceCount: number }
  | { readonly code: 'NOT_NEGOTIATED'; readonly id: number }
  | { readonly code: 'MALFORMED_EXTENSION'; readonly extension: string }
  | {
      readonly code: 'INVALID_METADATA';
      readonly field: 'piece' | 'total_size' | 'length';
      readonly value: number;
      /** `undefined` for a piece that was not asked for. */
      readonly expected: number | undefined;
    }
  | { readonly code: 'METADATA_HASH_MISMATCH'; readonly length: number }
  | { readonly code: 'MESSAGE_FLOOD'; readonly perSecond: number }
  | {
      readonly code: 'TIMED_OUT';
      readonly phase: 'connecting' | 'handshaking' | 'open';
      readonly idleMs: number;
    }
  | { readonly code: 'NOT_CONNECTED' }
  | { readonly code: 'NOT_LISTENING'; readonly port: number; readonly system: string }
  | { readonly code: 'CLOSED_BY_PEER'; readonly phase: 'handshaking' | 'open' };

const BRAND = Symbol.for('@millrace/peer-wire/PeerWireError');

/** What a peer or the way to it did wrong; the data is in `detail`, keyed by `code`. */
export class PeerWireError extends Error {
  override readonly name = 'PeerWireError';
  readonly detail: PeerWireErrorDetail;

  constructor(detail: PeerWireErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  get code(): PeerWireErrorDetail['code'] {
    return this.detail.code;
  }

  /** Tells a `PeerWireError`, also one of another installed copy of this package. */
  static is(error: unknown): error is PeerWireError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

const VERB = { connecting: 'connect', handshaking: 'shake hands', open: 'keep connection' } as const;
const MISSING = { connecting: 'answer', handshaking: 'whole handshake', open: 'message' } as const;

function describe(detail: PeerWireErrorDetail): string {
  switch (detail.code) {
    case 'MESSAGE_TOO_LONG':
      return `Cannot read message: length ${detail.length} exceeds ${detail.maxLength} bytes`;
    case 'MESSAGE_LENGTH':
      return `Cannot read message ${detail.id}: length is ${detail.length} bytes, expected ${detail.expected}`;
    case 'NOT_BITTORRENT':
      return 'Cannot shake hands: the first bytes are not those of the BitTorrent protocol';
    case 'INFO_HASH_MISMATCH':
      return 'Cannot shake hands: the peer answered for another torrent';
    case 'CONNECTED_TO_SELF':
      return 'Cannot shake hands: the peer id is our own';
    case 'BITFIELD_LENGTH':
      return `Cannot read bitfield: it is ${detail.length} bytes, expected ${detail.expected}`;
    case 'BITFIELD_SPARE_BITS':
      return `Cannot read bitfield: bits beyond piece ${detail.pieceCount - 1} are set, expected none`;
    case 'PIECE_OUT_OF_RANGE':
      return `Cannot read message: piece is ${detail.index}, expected less than ${detail.pieceCount}`;
    case 'NOT_NEGOTIATED':
      return `Cannot read message ${detail.id}: it needs an extension, expected both sides to offer it`;
    case 'MALFORMED_EXTENSION':
      return `Cannot read message of ${quoteName(detail.extension)}: it is malformed, expected the form of its extension`;
    case 'INVALID_METADATA':
      return detail.expected === undefined
        ? `Cannot take metadata: ${detail.field} is ${detail.value}, expected one that was asked for`
        : `Cannot take metadata: ${detail.field} is ${detail.value}, expected ${detail.expected}`;
    case 'METADATA_HASH_MISMATCH':
      return `Cannot take metadata: ${detail.length} bytes from one peer have another hash, expected the info hash`;
    case 'MESSAGE_FLOOD':
      return `Cannot keep connection: more than ${detail.perSecond} messages without data came in a second`;
    case 'TIMED_OUT':
      return `Cannot ${VERB[detail.phase]}: no ${MISSING[detail.phase]} for ${Math.round(detail.idleMs)} ms`;
    case 'NOT_CONNECTED':
      return 'Cannot connect: the peer cannot be reached';
    case 'NOT_LISTENING':
      return `Cannot listen at port ${detail.port}: the system answered ${detail.system}, expected a port that is free`;
    case 'CLOSED_BY_PEER':
      return `Cannot ${VERB[detail.phase]}: the peer closed the connection`;
  }
}

/** Names of extensions are the caller's own: they are escaped all the same. */
function quoteName(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
