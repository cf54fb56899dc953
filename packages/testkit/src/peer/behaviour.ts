import type { BlockRange, PeerId } from '@millrace/metainfo';
import type { ExtensionBehaviour } from './extension-behaviour.ts';
import type { AnswerOrder } from './upload-queue.ts';

/**
 * How a peer opens a connection. `honest` answers the remote's handshake with its own; `first` does not wait for it;
 * `silent` never says anything; `slow` sends a byte every `slowMs`; `cut` sends half and hangs up; `garbage` sends
 * random bytes; `wrongProtocol` another protocol's name; `wrongInfoHash` another torrent's hash; `echoPeerId` the
 * remote's own peer id.
 */
export type HandshakeBehaviour =
  | 'honest'
  | 'first'
  | 'silent'
  | 'slow'
  | 'cut'
  | 'garbage'
  | 'wrongProtocol'
  | 'wrongInfoHash'
  | 'echoPeerId';

/**
 * How a peer says what it has. `honest` sends a bitfield; `none` nothing; `haves` one message for each piece; `all`
 * claims every piece, whatever it has; `haveAll` and `haveNone` say it as the fast extension does; the others are
 * against the protocol: a byte less or more, a spare bit set, the bitfield twice, the bitfield after a `have`.
 */
export type BitfieldBehaviour =
  | 'honest'
  | 'none'
  | 'haves'
  | 'all'
  | 'haveAll'
  | 'haveNone'
  | 'short'
  | 'long'
  | 'spareBits'
  | 'twice'
  | 'late';

/**
 * How a block is answered. `short` and `long` differ by one byte from what was asked; `empty` has no bytes; `shifted`
 * begins one byte later; `otherPiece` says the next piece's index; `twice` is sent once more.
 */
export type AnswerBehaviour = 'honest' | 'short' | 'long' | 'empty' | 'shifted' | 'otherPiece' | 'twice';

/** Raw bytes that are sent at some moment besides what is asked for. */
export interface Intrusion {
  readonly bytes: Uint8Array;
  /** Sent once this connection was sent so many blocks. @defaultValue 0, right after the opening */
  readonly afterBlocks?: number;
  /** How often; `Infinity` goes on for as long as the remote reads. @defaultValue 1 */
  readonly times?: number;
  /** Sends single bytes, one each so many milliseconds. @defaultValue as fast as they are taken */
  readonly byteEveryMs?: number;
}

/** What a scripted peer does with the fast extension (BEP 6). Nothing given: it rejects what it does not send. */
export interface FastBehaviour {
  /** Requests it rejects though it does not choke. */
  readonly rejects?: (block: BlockRange, requestCount: number) => boolean;
  /**
   * What becomes of requests that wait as it chokes: rejected after the choke or before it, still `served`, or forgotten
   * without a word (`never`), which is against the protocol. @defaultValue 'afterChoke'
   */
  readonly rejectsQueued?: 'afterChoke' | 'beforeChoke' | 'served' | 'never';
  /** Pieces it gives to those it chokes, and tells them at once. */
  readonly allowed?: readonly number[];
  /** Pieces it suggests at once. */
  readonly suggests?: readonly number[];
}

/** What a scripted peer does. Nothing given: it is honest, has everything and sends as fast as it can. */
export interface PeerBehaviour {
  /** @defaultValue made of `seed` */
  readonly peerId?: PeerId;
  /** The 8 capability bytes of the handshake. @defaultValue the bits of `fast` and `extensions`, where these are given */
  readonly reserved?: Uint8Array;
  /** Decides everything that is left to chance. @defaultValue 1 */
  readonly seed?: number;

  /** Pieces it has from the start. @defaultValue all of them */
  readonly pieces?: readonly number[];
  /** Pieces it gets later, told by `have`; the time counts from the first handshake. */
  readonly laterPieces?: readonly { readonly afterMs: number; readonly pieces: readonly number[] }[];

  /** Offers the fast extension. */
  readonly fast?: FastBehaviour;
  /** Offers the extension protocol. */
  readonly extensions?: ExtensionBehaviour;

  readonly handshake?: HandshakeBehaviour;
  /** For the handshake `slow`. @defaultValue 1_000 */
  readonly slowMs?: number;
  readonly bitfield?: BitfieldBehaviour;
  /** When it unchokes. @defaultValue 'onInterest' */
  readonly unchoke?: 'onInterest' | 'atOnce' | 'never';
  /** Chokes and unchokes in turns, from the first unchoke on. What is queued when it chokes is never sent. */
  readonly chokeCycle?: { readonly unchokedMs: number; readonly chokedMs: number };

  /** Shared by all connections of the peer, block bytes only. @defaultValue unlimited */
  readonly bytesPerSecond?: number;
  /** Time from a request to its block, besides the network's own. @defaultValue 0 */
  readonly latencyMs?: number;
  readonly order?: AnswerOrder;
  readonly answers?: AnswerBehaviour;
  /** Whether a cancelled block is still sent. @defaultValue 'obey' */
  readonly cancels?: 'obey' | 'ignore';
  /** Flips bits of these pieces, or of the blocks for which the function answers true. */
  readonly corrupt?: readonly number[] | ((block: BlockRange, servedCount: number) => boolean);
  readonly intrusions?: readonly Intrusion[];

  /** Answers nothing more on a connection that was sent so many blocks; the connection stays. */
  readonly stallAfterBlocks?: number;
  /** Hangs up on a connection that was sent so many block bytes, in the middle of a block if need be. */
  readonly hangUpAfterBytes?: number;
  /** The whole peer is gone once it has sent so many block bytes, all connections together. */
  readonly dieAfterBytes?: number;
  /** Connections beyond so many are closed as they come. @defaultValue unlimited */
  readonly maxConnections?: number;
}

/** For {@link PeerBehaviour.corrupt}: every n-th block that is sent. */
export function everyNth(n: number): (block: BlockRange, servedCount: number) => boolean {
  return (_block, servedCount) => (servedCount + 1) % n === 0;
}
