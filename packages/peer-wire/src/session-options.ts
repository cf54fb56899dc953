import type { BlockSink } from './decoder.ts';
import type { ExtendedFields } from './extension/extended-handshake.ts';
import type { Extension } from './extension/extension.ts';
import type { Handshake } from './handshake.ts';
import type { PeerMessage } from './message.ts';

/** What a session tells its owner, in the order of the stream. */
export interface SessionHandler extends BlockSink {
  /** The remote's handshake came and was for this torrent. What is sent during the call goes before our extended handshake. */
  onHandshake(handshake: Handshake): void;
  /**
   * A message came; flags, `remoteHave` and `remoteExtended` reflect it already, and the extension it is for has taken
   * it. A `have` for a piece told before is left out; a bitfield that does not come first is told as a `have` for each piece
   * that is news.
   */
  onMessage(message: PeerMessage): void;
}

export interface SessionOptions {
  /**
   * What we say first; it is queued at once. The remote must answer for the same info hash, with another peer id.
   * Its reserved bits offer the fast extension and the extension protocol, or do not.
   */
  readonly handshake: Handshake;
  /**
   * Number of pieces of the torrent: bounds every piece index and the bitfield. `undefined` while it is not known: what
   * the remote says of its pieces is then held to the largest torrent there may be, told, and not kept.
   */
  readonly pieceCount: number | undefined;
  /** Time of the first deadline's start, in milliseconds on any monotonic clock. */
  readonly nowMs: number;
  /** What our extended handshake says of us, if both sides offer the extension protocol. */
  readonly extended?: ExtendedFields;
  /** What else is spoken with this remote; each object belongs to one session. */
  readonly extensions?: readonly Extension[];
  /** Time allowed for the remote's handshake, in milliseconds. @defaultValue 10_000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * Time without a message or a part of a wanted block after which the connection is given up, in milliseconds.
   * @defaultValue 120_000
   */
  readonly idleTimeoutMs?: number;
  /** Own silence after which a keep-alive is sent, in milliseconds. BEP 3: "generally sent once every two minutes". @defaultValue 90_000 */
  readonly keepAliveMs?: number;
  /**
   * Messages taken in one second, not counting blocks, pieces told for the first time, requests while we do not choke,
   * rejects of our requests, and what an extension has asked for. @defaultValue 2_000
   */
  readonly maxMessagesPerSecond?: number;
}
