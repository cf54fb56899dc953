import {
  DhtCore,
  encodeAnswer,
  encodeError,
  encodeQuery,
  type Endpoint,
  type KrpcQuery,
  searchPeers,
} from '@millrace/dht';
import { randomFrom } from './mutate.ts';

/** On this machine, where packets are not counted by host. */
export const DHT_NODE: Endpoint = { ip: Uint8Array.of(127, 0, 0, 1), port: 6881 };
const ID = new Uint8Array(20).fill(9);
const TARGET = new Uint8Array(20).fill(7);
const TOKEN = new Uint8Array(8).fill(3);
const VALUE = new TextEncoder().encode('d1:ali1ei2eee');

/** A packet of each kind, in each role. */
export function dhtPackets(): readonly Uint8Array[] {
  const contact = { id: ID, endpoint: DHT_NODE };
  const contact6 = { id: ID, endpoint: { ip: new Uint8Array(16).fill(0x20), port: 1 } };
  const mutable = { publicKey: new Uint8Array(32), signature: new Uint8Array(64), sequence: 5n, salt: TOKEN };
  const queries: readonly KrpcQuery[] = [
    { method: 'ping' },
    { method: 'find_node', target: TARGET, want: [4, 6] },
    { method: 'get_peers', infoHash: TARGET, scrape: true, noSeed: true },
    { method: 'announce_peer', infoHash: TARGET, port: 6881, impliedPort: false, token: TOKEN, seed: true },
    { method: 'get', target: TARGET, sequence: 4n },
    { method: 'put', token: TOKEN, item: { value: VALUE, mutable }, cas: 4n },
    { method: 'sample_infohashes', target: TARGET },
  ];
  const transactionId = Uint8Array.of(0, 0, 0, 0);
  const answers = [
    {},
    { nodes: [contact, contact], nodes6: [contact6], token: TOKEN, values: [DHT_NODE, contact6.endpoint] },
    { token: TOKEN, item: { value: VALUE, mutable } },
    { nodes: [contact], samples: TARGET, sampleCount: 1, sampleIntervalMs: 1000 },
  ];
  return [
    ...queries.map((query) =>
      encodeQuery(query, { transactionId, id: ID, isReadOnly: query.method === 'ping' }),
    ),
    ...answers.map((answer) => encodeAnswer(answer, { transactionId, id: ID, to: DHT_NODE })),
    encodeError(203, 'bad token', { transactionId, to: DHT_NODE }),
  ];
}

let nowMs = 0;
const chance = randomFrom(1);
let lastId = new Uint8Array(4);
const node = new DhtCore({
  family: 4,
  nowMs,
  random: (length) => Uint8Array.from({ length }, () => chance() * 256),
  send: (packet) => {
    const at = packet.length - '1:y1:qe'.length - 4;
    lastId = packet.slice(at, at + 4);
  },
  limits: { packetsPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: Number.POSITIVE_INFINITY },
});

/** Gives a packet to a node that is searching, with the transaction id of its last query where there is one. */
export function askNode(input: Uint8Array): void {
  nowMs += 7;
  searchPeers(node, { infoHash: TARGET, onAnswer: () => {}, onDone: () => {} }, nowMs);
  node.probe(DHT_NODE, nowMs);
  const at = input.findIndex(
    (byte, index) => byte === 0x74 && input[index + 1] === 0x34 && input[index + 2] === 0x3a,
  );
  if (at >= 0 && at + 7 <= input.length) input.set(lastId, at + 3);
  node.receive(input, DHT_NODE, nowMs);
  node.tick(nowMs);
}
