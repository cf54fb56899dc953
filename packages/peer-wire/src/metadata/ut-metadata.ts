import type { Extension, ExtensionChannel } from '../extension/extension.ts';
import {
  METADATA_EXTENSION,
  METADATA_PIECE_LENGTH,
  decodeMetadataMessage,
  encodeMetadataHeader,
  encodeMetadataMessage,
  type MetadataMessage,
} from './metadata-message.ts';

export interface UtMetadataOptions {
  /** The info dictionary that we give to others, verified; without it, requests are rejected. */
  readonly metadata?: Uint8Array;
  /** What the remote answered: `data`, which is a view, and `reject`. */
  readonly onMessage?: (message: MetadataMessage) => void;
  /** How often the remote may fetch the whole. @defaultValue 3 */
  readonly maxCopies?: number;
  /** Pieces given in one second; what more is asked for waits its turn. @defaultValue 64, which is 1 MiB */
  readonly piecesPerSecond?: number;
}

/**
 * The exchange of info dictionaries with one remote: asks for pieces, and gives ours, without a copy. Which piece to ask
 * whom for is decided by `MetadataDownload`.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9}
 */
export class UtMetadata implements Extension {
  readonly name: string = METADATA_EXTENSION;
  /** What we give; set it once it is known and verified, and tell its length with `updateExtended`. */
  metadata: Uint8Array | undefined;
  readonly #options: UtMetadataOptions;
  readonly #piecesPerSecond: number;
  #channel: ExtensionChannel | undefined;
  /** Pieces asked for that we have not given yet: each once, so that there are only so many. */
  readonly #waiting = new Set<number>();
  #givenCount = 0;
  #allowance: number;
  #lastGivenMs = 0;
  readonly #asked = new Set<number>();

  constructor(options: UtMetadataOptions = {}) {
    this.#options = options;
    this.metadata = options.metadata;
    this.#piecesPerSecond = options.piecesPerSecond ?? 64;
    this.#allowance = this.#piecesPerSecond;
  }

  attach(channel: ExtensionChannel): void {
    this.#channel = channel;
    this.#lastGivenMs = channel.nowMs;
  }

  /** Asks for a piece. @returns `false` if the remote does not take such messages. */
  request(piece: number): boolean {
    const isSent = this.#channel?.send(encodeMetadataMessage({ type: 'request', piece })) ?? false;
    if (isSent) this.#asked.add(piece);
    return isSent;
  }

  /** @throws {PeerWireError} `MALFORMED_EXTENSION`, and what `onMessage` throws. */
  onMessage(payload: Uint8Array): boolean {
    const message = decodeMetadataMessage(payload);
    switch (message.type) {
      case 'request':
        return this.#take(message.piece);
      case 'data':
      case 'reject': {
        const isAsked = this.#asked.delete(message.piece);
        this.#options.onMessage?.(message);
        return isAsked;
      }
      case 'unknown':
        return false;
    }
  }

  onTick(): void {
    this.#give();
  }

  #take(piece: number): boolean {
    const { metadata } = this;
    const pieceCount = Math.ceil((metadata?.length ?? 0) / METADATA_PIECE_LENGTH);
    const maxGiven = pieceCount * (this.#options.maxCopies ?? 3);
    if (piece >= pieceCount || this.#givenCount + this.#waiting.size >= maxGiven) {
      this.#channel?.send(encodeMetadataMessage({ type: 'reject', piece }));
      return false;
    }
    const isNew = !this.#waiting.has(piece);
    this.#waiting.add(piece);
    this.#give();
    // As many as there are to be given are no flood.
    return isNew;
  }

  #give(): void {
    const { metadata } = this;
    const channel = this.#channel;
    if (metadata === undefined || channel === undefined || this.#waiting.size === 0) return;
    const elapsedMs = Math.max(0, channel.nowMs - this.#lastGivenMs);
    this.#allowance = Math.min(
      this.#piecesPerSecond,
      this.#allowance + (elapsedMs * this.#piecesPerSecond) / 1_000,
    );
    this.#lastGivenMs = channel.nowMs;
    for (const piece of this.#waiting) {
      if (this.#allowance < 1) return;
      const start = piece * METADATA_PIECE_LENGTH;
      const data = metadata.subarray(start, start + METADATA_PIECE_LENGTH);
      const header = encodeMetadataHeader({ type: 'data', piece, totalSize: metadata.length, data });
      if (!channel.send(header, data)) {
        this.#waiting.clear();
        return;
      }
      this.#waiting.delete(piece);
      this.#allowance -= 1;
      this.#givenCount += 1;
    }
  }
}
