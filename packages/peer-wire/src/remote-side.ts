import { PeerWireError } from './error.ts';
import type { ExtensionHost } from './extension/extension-host.ts';
import { applyFlag, type PeerFlags } from './flags.ts';
import type { FloodGuard } from './flood-guard.ts';
import { MESSAGE_ID, type PeerMessage } from './message.ts';
import type { RemotePieces } from './remote-pieces.ts';

type FastType = 'suggest' | 'haveAll' | 'haveNone' | 'reject' | 'allowedFast';

/** Tells a message that only peers with the fast extension send. */
export function isOfFastExtension(
  message: PeerMessage,
): message is PeerMessage & { readonly type: FastType } {
  const { type } = message;
  return (
    type === 'suggest' ||
    type === 'haveAll' ||
    type === 'haveNone' ||
    type === 'reject' ||
    type === 'allowedFast'
  );
}

const NOTHING: readonly number[] = [];

/** What the remote has told, as its messages make it; and how many of them brought nothing. */
export class RemoteSide {
  readonly pieces: RemotePieces;
  readonly flood: FloodGuard;
  readonly #extensions: ExtensionHost;
  #late: readonly number[] = NOTHING;
  flags: PeerFlags = { choking: true, interested: false };
  /** Whether both sides offer the fast extension. */
  isFast = false;

  constructor(pieces: RemotePieces, flood: FloodGuard, extensions: ExtensionHost) {
    this.pieces = pieces;
    this.flood = flood;
    this.#extensions = extensions;
  }

  /**
   * Applies a message that brings no data. Answers whether it says anything new.
   *
   * @throws {PeerWireError} what is wrong with it, and what an extension throws.
   */
  take(message: PeerMessage): boolean {
    if (isOfFastExtension(message) && !this.isFast) {
      throw new PeerWireError({ code: 'NOT_NEGOTIATED', id: MESSAGE_ID[message.type] });
    }
    switch (message.type) {
      case 'have': {
        // A piece told for the first time is no flood: there are only so many pieces.
        const isNew = this.pieces.add(message.index);
        if (!isNew) this.flood.count();
        return isNew;
      }
      case 'reject':
        this.flood.countReject();
        return true;
      case 'cancel':
        this.flood.countCancel();
        return true;
      case 'extended':
        if (!this.#extensions.receive(message.id, message.payload)) this.flood.count();
        return true;
      case 'suggest':
      case 'allowedFast':
        this.pieces.check(message.index);
        break;
      case 'bitfield':
        this.flood.count();
        return this.#isFirst(this.pieces.takeBitfield(message.bits));
      case 'haveAll':
      case 'haveNone':
        this.flood.count();
        return this.#isFirst(this.pieces.takeEvery(message.type === 'haveAll'));
      case 'choke':
      case 'unchoke':
      case 'interested':
      case 'notInterested':
        this.flags = applyFlag(this.flags, message);
        break;
      case 'keepAlive':
      case 'request':
      case 'piece':
      case 'port':
      case 'unknown':
        break;
    }
    this.flood.count();
    return true;
  }

  /** Takes the pieces that were told of by a message that comes first, and did not. */
  takeLate(): readonly number[] {
    const late = this.#late;
    this.#late = NOTHING;
    return late;
  }

  #isFirst(late: readonly number[] | undefined): boolean {
    this.#late = late ?? NOTHING;
    return late === undefined;
  }
}
