import type { Encodable } from '@millrace/bencode';
import type { TcpAddress } from '@millrace/peer-wire/node';

/**
 * How a request for a piece of metadata is answered. `reject` refuses; `silent` never answers; `corrupt` flips a byte;
 * `short` leaves a byte out; `otherPiece` names the next piece; `otherTotal` tells another length than the handshake did;
 * `twice` answers twice; `endless` goes on with pieces that no one asked for.
 */
export type MetadataAnswer =
  | 'honest'
  | 'reject'
  | 'silent'
  | 'corrupt'
  | 'short'
  | 'otherPiece'
  | 'otherTotal'
  | 'twice'
  | 'endless';

/** Peers that it tells of at some moment after the extended handshake. */
export interface TellBehaviour {
  readonly afterMs: number;
  readonly peers: readonly TcpAddress[];
}

/** What a scripted peer does with the extension protocol (BEP 10). Nothing given: it speaks it, and no extension. */
export interface ExtensionBehaviour {
  /** More fields of its extended handshake, or others in place of its own. */
  readonly fields?: Readonly<Record<string, Encodable>>;
  /** The payload of its extended handshake, in place of a proper one. */
  readonly rawHandshake?: Uint8Array;
  /** The info dictionary that it gives (BEP 9). */
  readonly metadata?: Uint8Array;
  /** How it answers the n-th request for metadata, one for all connections together. @defaultValue 'honest' */
  readonly metadataAnswer?: MetadataAnswer | ((piece: number, requestCount: number) => MetadataAnswer);
  /** Speaks ut_metadata though it has none: it asks others, every piece once. */
  readonly wantsMetadata?: boolean;
  /** Peers it tells of (BEP 11), each list in one message; `[]` speaks it and tells of none. */
  readonly tells?: readonly TellBehaviour[];
  /** Pieces it gives up (BEP 54) once it has sent so many blocks on a connection. */
  readonly givesUp?: { readonly afterBlocks: number; readonly pieces: readonly number[] };
}
