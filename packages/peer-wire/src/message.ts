import type { BlockRange } from '@millrace/metainfo';

/** What a block's message counts besides the block: id, piece index, begin. */
export const PIECE_FIELDS_LENGTH = 9;

/**
 * Message ids on the wire: {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3},
 * {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5},
 * {@link https://www.bittorrent.org/beps/bep_0006.html | BEP 6} and
 * {@link https://www.bittorrent.org/beps/bep_0010.html | BEP 10}; all others arrive as `unknown`.
 */
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
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
} as const;

/** A message without a payload that tells the other side a flag. */
export interface FlagMessage {
  readonly type: 'choke' | 'unchoke' | 'interested' | 'notInterested';
}

/** What BEP 6 lets a peer say instead of a bitfield. */
export interface HaveEveryMessage {
  readonly type: 'haveAll' | 'haveNone';
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
  | HaveEveryMessage
  | { readonly type: 'have' | 'suggest' | 'allowedFast'; readonly index: number }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | ({ readonly type: 'request' | 'cancel' | 'reject' } & BlockRange)
  | PieceMessage
  /** The UDP port of the sender's DHT node. Not checked: it may be 0. */
  | { readonly type: 'port'; readonly port: number }
  | {
      readonly type: 'extended';
      /** 0 for BEP 10's handshake; else what the receiver's handshake has given a name to. */
      readonly id: number;
      readonly payload: Uint8Array;
    }
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array };

/** The message of each id that has no payload, made once. */
export const FLAG_MESSAGES: readonly FlagMessage[] = [
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'notInterested' },
];

export const HAVE_ALL: HaveEveryMessage = { type: 'haveAll' };
export const HAVE_NONE: HaveEveryMessage = { type: 'haveNone' };

/** Length of each id's message, id included, where it is fixed. */
const FIXED_LENGTHS: readonly (number | undefined)[] = fixedLengths();

function fixedLengths(): (number | undefined)[] {
  const lengths = Array.from<number | undefined>({ length: MESSAGE_ID.extended + 1 });
  const { choke, unchoke, interested, notInterested, haveAll, haveNone } = MESSAGE_ID;
  for (const id of [choke, unchoke, interested, notInterested, haveAll, haveNone]) lengths[id] = 1;
  lengths[MESSAGE_ID.port] = 3;
  for (const id of [MESSAGE_ID.have, MESSAGE_ID.suggest, MESSAGE_ID.allowedFast]) lengths[id] = 5;
  for (const id of [MESSAGE_ID.request, MESSAGE_ID.cancel, MESSAGE_ID.reject]) lengths[id] = 13;
  return lengths;
}

/** Returns the one length (id included) that a message of this id may have, `undefined` if it varies. */
export function fixedLength(id: number): number | undefined {
  return FIXED_LENGTHS[id];
}

/** Returns the least length (id included) that a message of this id may have. */
export function leastLength(id: number): number {
  if (id === MESSAGE_ID.piece) return PIECE_FIELDS_LENGTH;
  return id === MESSAGE_ID.extended ? 2 : 1;
}
