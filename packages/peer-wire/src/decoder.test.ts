import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageDecoder, type BlockSink } from './decoder.ts';
import { encodeMessage, encodePieceHeader } from './encode.ts';
import { PeerWireError } from './error.ts';
import type { PeerMessage } from './message.ts';
import {
  EVERY_MESSAGE,
  anyMessage,
  concat,
  counting,
  cutInto,
  decodeAll,
  freshMemory,
  fromHex,
} from './testing/messages.ts';

const STREAM = concat(...EVERY_MESSAGE.map(encodeMessage));
const nothingWanted: BlockSink = { blockTarget: () => undefined };
const ignore = (): void => {};

describe('MessageDecoder', () => {
  it('yields the same messages wherever the stream is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) {
      const decoder = new MessageDecoder();
      const received = decodeAll(decoder, [STREAM.subarray(0, cut), STREAM.subarray(cut)]);
      expect(received).toEqual(EVERY_MESSAGE);
      expect(decoder.bufferedLength).toBe(0);
    }
  });

  it('yields each message with its last byte, no earlier and no later', () => {
    const decoder = new MessageDecoder();
    for (const message of EVERY_MESSAGE) {
      const bytes = encodeMessage(message);
      expect(decodeAll(decoder, cutInto(bytes.subarray(0, -1), [1]))).toEqual([]);
      expect(decodeAll(decoder, [bytes.subarray(-1)])).toEqual([message]);
    }
  });

  it('inverts encodeMessage(), into whatever chunks the stream falls', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(anyMessage), lengths, (messages, chunkLengths) => {
        const stream = concat(...messages.map(encodeMessage));
        expect(decodeAll(new MessageDecoder(), [stream])).toEqual(messages);
        expect(decodeAll(new MessageDecoder(), cutInto(stream, chunkLengths))).toEqual(messages);
      }),
    );
  });

  it('lets the owner of a chunk reuse it', () => {
    const shared = new Uint8Array(7);
    const decoder = new MessageDecoder();
    const received: PeerMessage[] = [];
    for (const chunk of cutInto(STREAM, [7])) {
      shared.set(chunk);
      received.push(...decodeAll(decoder, [shared.subarray(0, chunk.length)]));
      shared.fill(0xee);
    }
    expect(received).toEqual(EVERY_MESSAGE);
  });

  it.each([
    ['a choke with a payload', '00000002 00', 'MESSAGE_LENGTH', { id: 0, length: 2, expected: 1 }],
    ['an unchoke of 2 GiB', '80000001 01', 'MESSAGE_TOO_LONG', { length: 0x80000001 }],
    ['an interested with a payload', '00000002 02', 'MESSAGE_LENGTH', { id: 2 }],
    ['a notInterested with a payload', '00000005 03', 'MESSAGE_LENGTH', { id: 3 }],
    ['a have of 3 bytes', '00000004 04', 'MESSAGE_LENGTH', { id: 4, length: 4, expected: 5 }],
    ['a have of 5 bytes', '00000006 04', 'MESSAGE_LENGTH', { id: 4, length: 6, expected: 5 }],
    [
      'a have that a signed read would take for 5 bytes',
      '80000005',
      'MESSAGE_TOO_LONG',
      { length: 0x80000005 },
    ],
    ['a request without its length', '00000009 06', 'MESSAGE_LENGTH', { id: 6, expected: 13 }],
    ['a request with more', '0000000e 06', 'MESSAGE_LENGTH', { id: 6, expected: 13 }],
    ['a port of one byte', '00000002 09', 'MESSAGE_LENGTH', { id: 9, length: 2, expected: 3 }],
    ['a port with more', '00000005 09', 'MESSAGE_LENGTH', { id: 9, length: 5, expected: 3 }],
    ['a cancel without fields', '00000001 08', 'MESSAGE_LENGTH', { id: 8, expected: 13 }],
    ['a piece without begin', '00000005 07', 'MESSAGE_LENGTH', { id: 7, length: 5, expected: 9 }],
    ['a piece of length -1', '00000008 07', 'MESSAGE_LENGTH', { id: 7, length: 8, expected: 9 }],
    ['a piece of 4 GiB', 'ffffffff 07', 'MESSAGE_TOO_LONG', { length: 0xffffffff }],
    [
      'a bitfield beyond the limit',
      '00040002 05',
      'MESSAGE_TOO_LONG',
      { length: 262_146, maxLength: 262_145 },
    ],
    ['an unknown message of 4 GiB', 'ffffffff 14', 'MESSAGE_TOO_LONG', {}],
  ])('refuses %s before anything more of it comes', (_, hex, code, detail) => {
    const bytes = fromHex(hex);
    const wrongAt = code === 'MESSAGE_TOO_LONG' ? 4 : 5;
    // Once by itself, once where the chunk holds all that a header needs.
    for (const follows of [0, 30]) {
      const decoder = new MessageDecoder();
      const whole = concat(bytes, new Uint8Array(follows));
      const failure = expect.objectContaining({ code, detail: expect.objectContaining(detail) });
      expect(() => decodeAll(decoder, [whole])).toThrowError(failure);
    }
    const byteByByte = new MessageDecoder();
    for (const byte of cutInto(bytes.subarray(0, wrongAt - 1), [1])) decodeAll(byteByByte, [byte]);
    const wrong = bytes.subarray(wrongAt - 1, wrongAt);
    expect(() => decodeAll(byteByByte, [wrong])).toThrowError(expect.objectContaining({ code }));
    expect(byteByByte.bufferedLength).toBe(0);
  });

  it.each([9, 262_145])('takes messages of %i bytes and no more, if told so', (maxMessageLength) => {
    const message: PeerMessage = { type: 'unknown', id: 99, payload: counting(maxMessageLength - 1) };
    const tooLong: PeerMessage = { ...message, payload: counting(maxMessageLength) };
    expect(decodeAll(new MessageDecoder({ maxMessageLength }), [encodeMessage(message)])).toEqual([message]);
    expect(() => decodeAll(new MessageDecoder({ maxMessageLength }), [encodeMessage(tooLong)])).toThrowError(
      expect.objectContaining({ code: 'MESSAGE_TOO_LONG' }),
    );
  });

  it('throws nothing but a PeerWireError for arbitrary bytes, and holds back no more than its bound', () => {
    const maxMessageLength = 50;
    // Small numbers in front make most prefixes pass.
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.record({
            length: fc.nat({ max: 55 }),
            rest: fc.uint8Array({ maxLength: 60 }),
            id: fc.nat({ max: 10 }),
          }),
        )
        .map((parts) =>
          concat(...parts.map(({ length, id, rest }) => Uint8Array.of(0, 0, 0, length, id, ...rest))),
        ),
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
    fc.assert(
      fc.property(bytes, lengths, (stream, chunkLengths) => {
        const decoder = new MessageDecoder({ maxMessageLength });
        for (const chunk of cutInto(stream, chunkLengths)) {
          try {
            decoder.push(chunk, freshMemory, ignore);
          } catch (error) {
            expect(PeerWireError.is(error)).toBe(true);
          }
          expect(decoder.bufferedLength).toBeLessThanOrEqual(maxMessageLength + 4);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('decodes nothing after it has thrown', () => {
    const decoder = new MessageDecoder();
    expect(() => decodeAll(decoder, [fromHex('ffffffff')])).toThrowError(PeerWireError);
    expect(decodeAll(decoder, [fromHex('14'), STREAM])).toEqual([]);
    expect(decoder.bufferedLength).toBe(0);
  });
});

describe('MessageDecoder with blocks', () => {
  const block = counting(1000, 3);
  const piece: PeerMessage = { type: 'piece', index: 1, begin: 2, length: 1000, block };
  const bytes = encodeMessage(piece);

  it('copies a block as it comes into the memory that the sink names, and holds none of it back', () => {
    const memory = new Uint8Array(1020);
    const target = memory.subarray(10, 1010);
    const asked: unknown[] = [];
    const sink: BlockSink = {
      blockTarget(range) {
        asked.push({ ...range });
        return target;
      },
    };
    const decoder = new MessageDecoder();
    decoder.push(bytes.subarray(0, 12), sink, ignore);
    expect(asked).toEqual([]);
    decoder.push(bytes.subarray(12, 513), sink, ignore);
    expect(asked).toEqual([{ type: 'piece', index: 1, begin: 2, length: 1000, block: undefined }]);
    expect(decoder.bufferedLength).toBe(0);
    expect(decoder.isReceivingBlock).toBe(true);
    expect(memory).toEqual(concat(new Uint8Array(10), block.subarray(0, 500), new Uint8Array(510)));
    let given: Uint8Array | undefined;
    decoder.push(bytes.subarray(513), sink, (message) => {
      if (message.type === 'piece') given = message.block;
    });
    expect(given).toBe(target);
    expect(memory).toEqual(concat(new Uint8Array(10), block, new Uint8Array(10)));
    expect(decoder.isReceivingBlock).toBe(false);
    expect(decoder.skippedLength).toBe(0);
  });

  it('skips and counts a block that the sink does not want', () => {
    for (const chunkLength of [1, 17, 400, bytes.length]) {
      const decoder = new MessageDecoder();
      const received: PeerMessage[] = [];
      for (const chunk of cutInto(concat(bytes, encodeMessage({ type: 'choke' })), [chunkLength])) {
        decoder.push(chunk, nothingWanted, (message) => received.push({ ...message }));
        expect(decoder.isReceivingBlock).toBe(false);
        expect(decoder.bufferedLength).toBeLessThanOrEqual(17);
      }
      expect(received).toEqual([{ ...piece, block: undefined }, { type: 'choke' }]);
      expect(decoder.skippedLength).toBe(1000);
    }
  });

  it('leaves memory alone after skipBlock()', () => {
    const memory = new Uint8Array(1000);
    const sink: BlockSink = { blockTarget: () => memory };
    const decoder = new MessageDecoder();
    const received: PeerMessage[] = [];
    decoder.push(bytes.subarray(0, 413), sink, ignore);
    decoder.skipBlock();
    expect(decoder.isReceivingBlock).toBe(false);
    memory.fill(0xaa);
    decoder.push(concat(bytes.subarray(413), bytes.subarray(0, 13)), sink, (message) => {
      received.push({ ...message });
    });
    expect(received).toEqual([{ ...piece, block: undefined }]);
    expect(decoder.skippedLength).toBe(600);
    expect(memory).toEqual(new Uint8Array(1000).fill(0xaa));
    decoder.push(block, sink, (message) => received.push({ ...message }));
    expect(received[1]).toEqual(piece);
  });

  it('does not take a block from its message when skipBlock() comes between blocks', () => {
    const decoder = new MessageDecoder();
    decoder.skipBlock();
    const received: PeerMessage[] = [];
    decoder.push(bytes, freshMemory, (message) => {
      decoder.skipBlock();
      received.push({ ...message });
    });
    expect(received).toEqual([piece]);
  });

  it.each([0, 999, 1001])('refuses memory of %i bytes for a block of 1000', (length) => {
    const sink: BlockSink = { blockTarget: () => new Uint8Array(length) };
    expect(() => new MessageDecoder().push(bytes, sink, ignore)).toThrowError(RangeError);
  });

  it('makes one object for every piece message', () => {
    const decoder = new MessageDecoder();
    const received = new Set<PeerMessage>();
    decoder.push(concat(bytes, bytes, bytes), freshMemory, (message) => received.add(message));
    expect(received.size).toBe(1);
  });
});

describe('MessageDecoder.stop', () => {
  it('ends decoding at any message, in the middle of a chunk', () => {
    for (let stopAfter = 1; stopAfter <= EVERY_MESSAGE.length; stopAfter += 1) {
      const decoder = new MessageDecoder();
      const received: PeerMessage[] = [];
      const onMessage = (message: PeerMessage): void => {
        received.push({ ...message });
        if (received.length === stopAfter) decoder.stop();
      };
      decoder.push(STREAM, freshMemory, onMessage);
      decoder.push(STREAM, freshMemory, onMessage);
      expect(received).toEqual(EVERY_MESSAGE.slice(0, stopAfter));
      expect(decoder.bufferedLength).toBe(0);
    }
  });

  it('ends the copying of a block, also when the sink stops it', () => {
    const memory = new Uint8Array(10);
    const decoder = new MessageDecoder();
    const sink: BlockSink = {
      blockTarget() {
        decoder.stop();
        return memory;
      },
    };
    decoder.push(concat(encodePieceHeader(0, 0, 10), counting(10, 1)), sink, () => {
      throw new Error('told of a block');
    });
    expect(memory).toEqual(new Uint8Array(10));
    expect(decoder.isReceivingBlock).toBe(false);
  });

  it('follows from a throw of the handler or the sink', () => {
    const failure = new Error('no more');
    const fail = (): never => {
      throw failure;
    };
    for (const [sink, onMessage] of [
      [freshMemory, fail],
      [{ blockTarget: fail }, ignore],
    ] as const) {
      const decoder = new MessageDecoder();
      const piece = concat(encodePieceHeader(0, 0, 1), counting(1));
      expect(() => decoder.push(concat(piece, piece), sink, onMessage)).toThrowError(failure);
      expect(decodeAll(decoder, [STREAM])).toEqual([]);
    }
  });
});
