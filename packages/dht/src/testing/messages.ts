import { encode } from '@millrace/bencode';
import * as fc from 'fast-check';
import type { Endpoint } from '../endpoint.ts';
import { encodeAnswer, encodeQuery } from '../krpc/encode.ts';
import type { KrpcAnswer, KrpcMessage, KrpcQuery } from '../krpc/message.ts';

const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
const token = fc.uint8Array({ minLength: 1, maxLength: 20 });
const port = fc.integer({ min: 1, max: 65_535 });
const ipv4 = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
  .map((bytes) => Uint8Array.from(bytes));
const ipv6 = fc.uint8Array({ minLength: 15, maxLength: 15 }).map((bytes) => Uint8Array.of(0x20, ...bytes));
const endpoint4 = fc.record({ ip: ipv4, port });
const endpoint6 = fc.record({ ip: ipv6, port });
const sequence = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const value = fc
  .oneof(fc.string({ unit: 'binary-ascii' }), fc.integer(), fc.array(fc.nat()))
  .map((each) => encode(each));
const mutable = fc.record({
  publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  sequence,
  salt: fc.constant(new Uint8Array()),
});
const item = fc.oneof(fc.record({ value }), fc.record({ value, mutable }));
const want = fc.constantFrom(undefined, [4] as const, [6] as const, [4, 6] as const);

const query: fc.Arbitrary<KrpcQuery> = fc.oneof(
  fc.constant({ method: 'ping' as const }),
  fc.record({
    method: fc.constantFrom('find_node' as const, 'sample_infohashes' as const),
    target: id,
    want,
  }),
  fc.record({
    method: fc.constant('get' as const),
    target: id,
    want,
    sequence: fc.option(sequence, { nil: undefined }),
  }),
  fc.record({
    method: fc.constant('get_peers' as const),
    infoHash: id,
    want,
    noSeed: fc.boolean(),
    scrape: fc.boolean(),
  }),
  fc.record({
    method: fc.constant('announce_peer' as const),
    infoHash: id,
    port,
    impliedPort: fc.constant(false),
    token,
    seed: fc.boolean(),
  }),
  fc.record({
    method: fc.constant('put' as const),
    token,
    item,
    cas: fc.option(sequence, { nil: undefined }),
  }),
);

const answer: fc.Arbitrary<KrpcAnswer> = fc.record(
  {
    nodes: fc.array(fc.record({ id, endpoint: endpoint4 }), { maxLength: 8 }),
    nodes6: fc.array(fc.record({ id, endpoint: endpoint6 }), { maxLength: 8 }),
    token,
    values: fc.array(fc.oneof(endpoint4, endpoint6), { maxLength: 20 }),
    item,
  },
  { requiredKeys: ['token'] },
);

/** Messages as they are read, with the packets that say them. */
export function messages(
  to: Endpoint,
): fc.Arbitrary<{ readonly packet: Uint8Array; readonly expected: KrpcMessage }> {
  const transactionId = fc.uint8Array({ minLength: 1, maxLength: 32 });
  const queries = fc.record({ transactionId, id, query, isReadOnly: fc.boolean() }).map((fields) => ({
    packet: encodeQuery(fields.query, fields),
    expected: { type: 'query' as const, ...fields },
  }));
  const answers = fc.record({ transactionId, id, answer }).map((fields) => ({
    packet: encodeAnswer(fields.answer, { ...fields, to }),
    expected: {
      type: 'answer' as const,
      ...fields,
      answer: { ...fields.answer, ...sequenceOf(fields.answer) },
      seenAs: to,
    },
  }));
  return fc.oneof(queries, answers);
}

/** It is read both as a part of the value and by itself. */
function sequenceOf({ item: stored }: KrpcAnswer): KrpcAnswer {
  return stored?.mutable === undefined ? {} : { sequence: stored.mutable.sequence };
}
