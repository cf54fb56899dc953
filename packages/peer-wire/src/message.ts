import type { BlockRange } from '@millrace/metainfo';

/** Message ids on the wire. {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3}; later BEPs' ids arrive as `unknown`. */
export const MESSAGE_ID = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
} as const;

/** A message without a payload that tells the other side a flag. */
export interface FlagMessage {
  readonly type: 'choke' | 'unchoke' | 'interested' | 'notInterested';
}

/** A block. The decoder reuses one object for all of them: read it during the call, never keep it. */
export interface PieceMessage extends BlockRange {
  readonly type: 'piece';
  /** Where the sink had the bytes put, `undefined` if it did not want them. */
  readonly block: Uint8Array | undefined;
}

/** What one peer says to another after the handshake. Unknown ids are data, not errors. */
export type PeerMessage =
  | { readonly type: 'keepAlive' }
  | FlagMessage
  | { readonly type: 'have'; readonly index: number }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | ({ readonly type: 'request' | 'cancel' } & BlockRange)
  | PieceMessage
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array };

/** The message of each id that has no payload, made once. */
export const FLAG_MESSAGES: readonly FlagMessage[] = [
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'notInterested' },
];

/** Length of each id's message, id included, where it is fixed. */
const FIXED_LENGTHS: readonly (number | undefined)[] = [1, 1, 1, 1, 5, undefined, 13, undefined, 13];

/** Returns the one length (id included) that a message of this id may have, `undefined` if it varies. */
export function fixedLength(id: number): number | undefined {
  return FIXED_LENGTHS[id];
}
