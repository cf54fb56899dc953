import { PeerWireError } from '../error.ts';
import { uint32 } from '../message-header.ts';
import type { Extension, ExtensionChannel } from './extension.ts';

export interface LtDontHaveOptions {
  /** The remote gave up a piece that it had; `remoteHave` reflects it already. */
  readonly onDontHave?: (index: number) => void;
}

/**
 * Lets either side say that it has a piece no longer: 4 bytes, its index.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0054.html | BEP 54}
 */
export class LtDontHave implements Extension {
  readonly name: string = 'lt_donthave';
  readonly #options: LtDontHaveOptions;
  #channel: ExtensionChannel | undefined;

  constructor(options: LtDontHaveOptions = {}) {
    this.#options = options;
  }

  attach(channel: ExtensionChannel): void {
    this.#channel = channel;
  }

  /** Tells the remote that we gave up a piece. @returns `false` if it does not take such messages. */
  tell(index: number): boolean {
    if (index >>> 0 !== index) {
      throw new RangeError(`Cannot give up piece ${index}: it must be a whole number from 0 to 4294967295`);
    }
    const payload = Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index);
    return this.#channel?.send(payload) ?? false;
  }

  /** @throws {PeerWireError} `MALFORMED_EXTENSION`, `PIECE_OUT_OF_RANGE` */
  onMessage(payload: Uint8Array): boolean {
    if (payload.length !== 4) throw new PeerWireError({ code: 'MALFORMED_EXTENSION', extension: this.name });
    const have = this.#channel?.remoteHave;
    // While the number of pieces is not known, none are kept.
    if (have === undefined || have.size === 0) return false;
    const index = uint32(payload, 0);
    if (index >= have.size) {
      throw new PeerWireError({ code: 'PIECE_OUT_OF_RANGE', index, pieceCount: have.size });
    }
    if (have.delete(index)) this.#options.onDontHave?.(index);
    return false;
  }
}
