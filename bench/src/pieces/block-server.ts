import { BLOCK_LENGTH, type InfoHash, peerId } from '@millrace/metainfo';
import {
  type Bitfield,
  type ByteStream,
  type ByteStreamHandler,
  encodeHandshake,
  encodeMessage,
  encodePieceHeader,
  MESSAGE_ID,
  reservedBytes,
} from '@millrace/peer-wire';

const HANDSHAKE_LENGTH = 68;
const HEADER_LENGTH = 13;
/** Blocks that one call of `onBytes` brings, as a read from a socket does. */
const BLOCKS_AT_A_TIME = 4;

/** The remote end of a connection without a socket: it notes what is asked of it, and answers when told to. */
export class BlockServer implements ByteStream {
  readonly #handler: ByteStreamHandler;
  /** Piece and begin of each request, in order. */
  #requests: number[] = [];
  #isFirst = true;
  readonly #chunk = new Uint8Array(BLOCKS_AT_A_TIME * (HEADER_LENGTH + BLOCK_LENGTH));

  constructor(handler: ByteStreamHandler) {
    this.#handler = handler;
  }

  /** Shakes hands, tells what it has, and unchokes. Returns how long the bitfield took the engine, in milliseconds. */
  open(infoHash: InfoHash, key: number, have: Bitfield): number {
    const id = peerId(new Uint8Array(20).fill(key));
    this.#handler.onBytes(encodeHandshake({ infoHash, peerId: id, reserved: reservedBytes() }));
    const bitfield = encodeMessage({ type: 'bitfield', bits: have.encode() });
    const start = performance.now();
    this.#handler.onBytes(bitfield);
    const bitfieldMs = performance.now() - start;
    this.#handler.onBytes(encodeMessage({ type: 'unchoke' }));
    return bitfieldMs;
  }

  receive(bytes: Uint8Array): void {
    this.#handler.onBytes(bytes);
  }

  /** Answers some of what it was asked for. Returns how many blocks. */
  answer(): number {
    const requests = this.#requests.splice(0, 2 * BLOCKS_AT_A_TIME);
    let length = 0;
    for (let at = 0; at < requests.length; at += 2) {
      this.#chunk.set(encodePieceHeader(requests[at] ?? 0, requests[at + 1] ?? 0, BLOCK_LENGTH), length);
      length += HEADER_LENGTH + BLOCK_LENGTH;
    }
    if (length > 0) this.#handler.onBytes(this.#chunk.subarray(0, length));
    return requests.length / 2;
  }

  write(views: readonly Uint8Array[]): boolean {
    for (const bytes of views) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      let offset = this.#isFirst ? HANDSHAKE_LENGTH : 0;
      this.#isFirst = false;
      for (; offset < bytes.length; offset += 4 + view.getUint32(offset)) {
        if (bytes[offset + 4] === MESSAGE_ID.request)
          this.#requests.push(view.getUint32(offset + 5), view.getUint32(offset + 9));
      }
    }
    return true;
  }

  close(reason?: unknown): void {
    queueMicrotask(() => this.#handler.onClose(reason));
  }
}
