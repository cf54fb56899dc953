import { infoHash, peerId, type BlockRange } from '@millrace/metainfo';
import * as fc from 'fast-check';
import type { MessageDecoder } from '../decoder.ts';
import { reservedBytes, type Handshake } from '../handshake.ts';
import { MESSAGE_ID, type PeerMessage } from '../message.ts';

/** Bytes 0, 1, 2, … */
export function counting(length: number, start = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (start + at) & 0xff);
}

/** Bytes as lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Hexadecimal as bytes; spaces are for reading. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/[\da-f]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16));
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

/** Cuts `bytes` into chunks of the given lengths, again and again. */
export function cutInto(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    chunks.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return chunks;
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

/** One of every kind of message, with numbers that a signed read would get wrong. */
export const EVERY_MESSAGE: readonly PeerMessage[] = [
  { type: 'bitfield', bits: Uint8Array.of(0x80, 0xff, 0x01) },
  { type: 'keepAlive' },
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'notInterested' },
  { type: 'have', index: 0x80000005 },
  { type: 'request', index: 0xffffffff, begin: 0x80000000, length: 0xfffffffe },
  { type: 'piece', index: 1, begin: 0xfffffff0, length: 40, block: counting(40) },
  { type: 'cancel', index: 0x90000001, begin: 0xa0000002, length: 0xb0000003 },
  { type: 'piece', index: 0, begin: 0, length: 0, block: new Uint8Array(0) },
  { type: 'extended', id: 7, payload: counting(22, 8) },
  { type: 'extended', id: 0, payload: new Uint8Array(0) },
  { type: 'haveAll' },
  { type: 'haveNone' },
  { type: 'suggest', index: 0xfffffff1 },
  { type: 'allowedFast', index: 0x80000001 },
  { type: 'reject', index: 0xffffffff, begin: 0x80000000, length: 0xfffffffe },
  { type: 'port', port: 0xfffe },
  { type: 'unknown', id: 21, payload: counting(23, 7) },
  { type: 'unknown', id: 255, payload: new Uint8Array(0) },
  { type: 'bitfield', bits: new Uint8Array(0) },
  { type: 'piece', index: 0xffffffff, begin: 1, length: 5, block: counting(5, 250) },
];

const uint32 = fc.oneof(fc.nat({ max: 0xffffffff }), fc.constantFrom(0, 0x7fffffff, 0x80000000, 0xffffffff));
const payload = fc.uint8Array({ maxLength: 60 });
const known: ReadonlySet<number> = new Set(Object.values(MESSAGE_ID));

/** Any message that there can be, small. */
export const anyMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc
    .constantFrom('keepAlive', 'choke', 'unchoke', 'interested', 'notInterested', 'haveAll', 'haveNone')
    .map((type) => ({ type })),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowedFast'), index: uint32 }),
  fc.record({ type: fc.constant('bitfield'), bits: payload }),
  fc.record({
    type: fc.constantFrom('request', 'cancel', 'reject'),
    index: uint32,
    begin: uint32,
    length: uint32,
  }),
  fc
    .record({ index: uint32, begin: uint32, block: payload })
    .map(
      ({ index, begin, block }) => ({ type: 'piece', index, begin, length: block.length, block }) as const,
    ),
  fc.record({ type: fc.constant('port'), port: fc.nat({ max: 0xffff }) }),
  fc.record({ type: fc.constant('extended'), id: fc.nat({ max: 255 }), payload }),
  fc.record({
    type: fc.constant('unknown'),
    id: fc.nat({ max: 255 }).filter((id) => !known.has(id)),
    payload,
  }),
);
