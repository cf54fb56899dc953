import type { Socket } from 'node:net';
import { infoHash, type InfoHash, peerId } from '@millrace/metainfo';
import { Bitfield, encodeHandshake, encodeMessage, MESSAGE_ID, reservedBytes } from '@millrace/peer-wire';
import type { FramedPayload } from './framed-payload.ts';
import type { SendPace } from './send-pace.ts';

const HANDSHAKE_LENGTH = 68;
const INFO_HASH_OFFSET = 28;
const PREFIX_LENGTH = 4;

/** What one peer of the crowd did. */
export interface PeerReport {
  /** Reads from the socket: how the requests were put together. */
  reads: number;
  requests: number;
  /** Bytes of blocks that were sent. */
  sentLength: number;
}

export interface CrowdConnectionOptions {
  readonly payload: FramedPayload;
  /** How fast it sends, block by block. `undefined`: as fast as it goes, what is asked for in a row with one write. */
  readonly pace: SendPace | undefined;
  /** Counted on. */
  readonly report: PeerReport;
  /** Hands have been shaken. */
  readonly onOpen: (connection: CrowdConnection) => void;
}

/**
 * One connection of a seeder that does as little as it can: it has everything, chokes until told otherwise, and answers
 * requests the moment they come, those for blocks in a row with one write.
 */
export class CrowdConnection {
  readonly #socket: Socket;
  readonly #payload: FramedPayload;
  readonly #pace: SendPace | undefined;
  readonly #report: PeerReport;
  readonly #onOpen: (connection: CrowdConnection) => void;
  #rest: Uint8Array = new Uint8Array(0);
  #hasShaken = false;

  constructor(socket: Socket, options: CrowdConnectionOptions) {
    this.#socket = socket;
    this.#payload = options.payload;
    this.#pace = options.pace;
    this.#report = options.report;
    this.#onOpen = options.onOpen;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
  }

  unchoke(): void {
    this.#socket.write(encodeMessage({ type: 'unchoke' }));
  }

  #receive(chunk: Uint8Array): void {
    this.#report.reads += 1;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    if (!this.#hasShaken && bytes.length >= HANDSHAKE_LENGTH) {
      this.#shake(infoHash(bytes.subarray(INFO_HASH_OFFSET, INFO_HASH_OFFSET + 20)));
      offset = HANDSHAKE_LENGTH;
    }
    if (this.#hasShaken) offset = this.#answer(bytes, offset);
    this.#rest = bytes.subarray(offset);
  }

  #shake(torrent: InfoHash): void {
    this.#hasShaken = true;
    const { pieceCount } = this.#payload.layout;
    const have = new Bitfield(pieceCount);
    for (let index = 0; index < pieceCount; index += 1) have.add(index);
    const id = peerId(crypto.getRandomValues(new Uint8Array(20)));
    this.#socket.write(encodeHandshake({ infoHash: torrent, peerId: id, reserved: reservedBytes() }));
    this.#socket.write(encodeMessage({ type: 'bitfield', bits: have.encode() }));
    this.#onOpen(this);
  }

  /** Sends what is asked for, and returns where the first incomplete message begins. */
  #answer(bytes: Uint8Array, start: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#socket.cork();
    let offset = start;
    let from = 0;
    let to = 0;
    while (offset + PREFIX_LENGTH <= bytes.length) {
      const end = offset + PREFIX_LENGTH + view.getUint32(offset);
      if (end > bytes.length) break;
      if (end > offset + PREFIX_LENGTH && bytes[offset + PREFIX_LENGTH] === MESSAGE_ID.request) {
        const length = view.getUint32(offset + 13);
        const at = this.#payload.offsetOf(view.getUint32(offset + 5), view.getUint32(offset + 9));
        this.#report.requests += 1;
        this.#report.sentLength += length;
        if (at !== to || this.#pace !== undefined) {
          this.#send(from, to);
          from = at;
        }
        to = at + this.#payload.frameLength(length);
      }
      offset = end;
    }
    this.#send(from, to);
    this.#socket.uncork();
    return offset;
  }

  #send(from: number, to: number): void {
    if (to === from) return;
    const view = this.#payload.view(from, to);
    if (this.#pace === undefined) this.#socket.write(view);
    else this.#pace.add(view.length, () => this.#socket.write(view));
  }
}
