import { infoHash, peerId, type BlockRange } from '@millrace/metainfo';
import { reservedBytes, type Handshake } from '../handshake.ts';
import type { PeerMessage } from '../message.ts';
import type { MessageDecoder } from '../decoder.ts';

/** Bytes 0, 1, 2, … */
export function counting(length: number, start = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (start + at) & 0xff);
}

/** A handshake whose info hash and peer id are filled with one byte each. */
export function handshakeOf(hashByte: number, idByte: number): Handshake {
  return {
    infoHash: infoHash(new Uint8Array(20).fill(hashByte)),
    peerId: peerId(new Uint8Array(20).fill(idByte)),
    reserved: reservedBytes(),
  };
}

/** Gives every block fresh memory, so that a decoded block can be kept and compared. */
export const freshMemory: { blockTarget(block: BlockRange): Uint8Array } = {
  blockTarget: ({ length }) => new Uint8Array(length),
};

/** Pushes chunks and keeps a copy of each message. */
export function decodeAll(decoder: MessageDecoder, chunks: readonly Uint8Array[]): PeerMessage[] {
  const messages: PeerMessage[] = [];
  for (const chunk of chunks) decoder.push(chunk, freshMemory, (message) => messages.push({ ...message }));
  return messages;
}

/** Puts arrays one after another. */
export function concat(...arrays: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    whole.set(array, offset);
    offset += array.length;
  }
  return whole;
}
