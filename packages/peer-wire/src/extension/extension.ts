import type { Bitfield } from '../bitfield.ts';
import type { RemoteExtended } from './extended-handshake.ts';

/** An extension's way to the remote. */
export interface ExtensionChannel {
  /** Whether the remote takes messages of this extension now. */
  readonly isSupported: boolean;
  /** The time that the session was told last, in milliseconds. */
  readonly nowMs: number;
  /** What the remote's extended handshakes have told so far. */
  readonly remote: RemoteExtended;
  /** The session's own: an extension that learns of the remote's pieces changes it. */
  readonly remoteHave: Bitfield;
  /**
   * Queues a message made of `parts` one after another. They are views until they are written: do not change them.
   *
   * @returns `false` if the remote does not take it; nothing is queued then.
   */
  send(...parts: readonly Uint8Array[]): boolean;
}

/**
 * Something two peers may speak besides the protocol, on one connection. A session gives it an id, tells the remote, and
 * hands on what comes. One object belongs to one session.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0010.html | BEP 10}
 */
export interface Extension {
  /** What both sides call it: 1 to 64 printable ASCII characters, after the client that introduced it: `ut_pex`. */
  readonly name: string;
  /** The session takes it on. Called once, before everything else. */
  attach(channel: ExtensionChannel): void;
  /** The remote's handshake says that it takes these messages, or takes them no longer. */
  onSupport?(isSupported: boolean): void;
  /**
   * A message came; `payload` is the extension's own. A throw closes the session: throw `PeerWireError` for what the
   * remote did wrong.
   *
   * @returns Whether it was asked for: what was not counts as one of the messages that may be too many.
   */
  onMessage(payload: Uint8Array): boolean;
  /** The session's tick: about once a second. */
  onTick?(): void;
}
