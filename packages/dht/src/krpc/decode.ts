import { type BencodeDict, BencodeError, type BencodeValue, decode, scan } from '@millrace/bencode';
import { DhtError, type MalformedReason } from '../error.ts';
import { ID_LENGTH } from '../node-id.ts';
import {
  bigintOf,
  bytesOf,
  endpointOf,
  filterOf,
  isList,
  isSet,
  nodesOf,
  numberOf,
  peersOf,
  textOf,
  wantOf,
} from './fields.ts';
import {
  KRPC_ERROR,
  type KrpcAnswer,
  type KrpcItem,
  type KrpcMessage,
  type KrpcQuery,
  MAX_PACKET_LENGTH,
} from './message.ts';

/** Longest transaction id that is sent back. */
const MAX_TRANSACTION_ID_LENGTH = 32;
const MAX_TOKEN_LENGTH = 128;
/** Nodes of other makes do not all sort their keys; nothing depends on it here. */
const LENIENT = { strict: false, maxDepth: 32, maxItems: MAX_PACKET_LENGTH } as const;

/**
 * Reads a packet. What is known is checked; the rest is left alone.
 *
 * @returns Copies: nothing in it is a view of `packet`.
 * @throws {DhtError} `MALFORMED` if it is no message, or none that could be answered.
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, KRPC protocol}
 */
export function decodeMessage(packet: Uint8Array): KrpcMessage {
  const message = readMessage(packet);
  if (typeof message === 'string') throw new DhtError({ code: 'MALFORMED', reason: message });
  return message;
}

/** As `decodeMessage`, but says what is wrong without throwing: a node meets much of it. */
export function readMessage(packet: Uint8Array): KrpcMessage | MalformedReason {
  if (packet.length > MAX_PACKET_LENGTH) return 'TOO_LONG';
  // Every message is a dictionary, and most of what is none shows it in its first byte: that is the cheapest test.
  if (packet[0] !== 0x64) return packet.length === 0 ? 'NOT_BENCODE' : 'NOT_A_DICTIONARY';
  let root: BencodeValue;
  try {
    root = decode(packet, LENIENT);
  } catch (error) {
    if (BencodeError.is(error)) return 'NOT_BENCODE';
    throw error;
  }
  if (!(root instanceof Map)) return 'NOT_A_DICTIONARY';
  const transactionId = bytesOf(root, 't', 1, MAX_TRANSACTION_ID_LENGTH);
  if (transactionId === undefined) return 'NO_TRANSACTION_ID';
  switch (textOf(root.get('y')) ?? '') {
    case 'q':
      return readQuery(packet, root, transactionId);
    case 'r':
      return readAnswer(packet, root, transactionId);
    case 'e':
      return readError(root, transactionId);
    default:
      return 'UNKNOWN_TYPE';
  }
}

function readQuery(packet: Uint8Array, root: BencodeDict, transactionId: Uint8Array): KrpcMessage {
  const invalid = (reason: string, errorCode: number = KRPC_ERROR.protocol): KrpcMessage => ({
    type: 'invalidQuery',
    transactionId,
    errorCode,
    reason,
  });
  const args = root.get('a');
  const method = textOf(root.get('q'));
  if (!(args instanceof Map) || method === undefined) return invalid('no arguments');
  const id = bytesOf(args, 'id', ID_LENGTH);
  if (id === undefined) return invalid('no id');
  const query = queryOf(method, args, packet);
  if (typeof query === 'string') return invalid(query);
  if (query === undefined) return invalid('method unknown', KRPC_ERROR.methodUnknown);
  return { type: 'query', transactionId, id, isReadOnly: numberOf(root, 'ro') === 1, query };
}

/** Returns the query, what it lacks, or `undefined` for one that is unknown. */
function queryOf(method: string, args: BencodeDict, packet: Uint8Array): KrpcQuery | string | undefined {
  const target = bytesOf(args, 'target', ID_LENGTH);
  const infoHash = bytesOf(args, 'info_hash', ID_LENGTH);
  const want = wantOf(args);
  switch (method) {
    case 'ping':
      return { method };
    case 'find_node':
    case 'sample_infohashes':
      return target === undefined ? 'no target' : { method, target, want };
    case 'get':
      return target === undefined ? 'no target' : { method, target, want, sequence: bigintOf(args, 'seq') };
    case 'get_peers': {
      if (infoHash === undefined) return 'no info_hash';
      return { method, infoHash, want, noSeed: isSet(args, 'noseed'), scrape: isSet(args, 'scrape') };
    }
    case 'announce_peer': {
      const token = bytesOf(args, 'token', 1, MAX_TOKEN_LENGTH);
      const impliedPort = isSet(args, 'implied_port');
      const port = impliedPort ? 0 : (numberOf(args, 'port') ?? 0);
      if (infoHash === undefined) return 'no info_hash';
      if (token === undefined) return 'no token';
      if (!impliedPort && (port < 1 || port > 65_535)) return 'no port';
      return { method, infoHash, token, impliedPort, port, seed: numberOf(args, 'seed') === 1 };
    }
    case 'put': {
      const token = bytesOf(args, 'token', 1, MAX_TOKEN_LENGTH);
      if (token === undefined) return 'no token';
      const item = itemOf(args, packet, 'a');
      return item === undefined ? 'no value' : { method, token, item, cas: bigintOf(args, 'cas') };
    }
    default: {
      const near = target ?? infoHash;
      return near === undefined ? undefined : { method: 'unknown', target: near, want };
    }
  }
}

function readAnswer(
  packet: Uint8Array,
  root: BencodeDict,
  transactionId: Uint8Array,
): KrpcMessage | MalformedReason {
  const fields = root.get('r');
  if (!(fields instanceof Map)) return 'NO_FIELDS';
  const id = bytesOf(fields, 'id', ID_LENGTH);
  if (id === undefined) return 'NO_ID';
  const answer: { -readonly [K in keyof KrpcAnswer]: KrpcAnswer[K] } = {};
  const nodes = nodesOf(fields, 'nodes', 4);
  const nodes6 = nodesOf(fields, 'nodes6', 6);
  const values = peersOf(fields);
  if (nodes !== undefined) answer.nodes = nodes;
  if (nodes6 !== undefined) answer.nodes6 = nodes6;
  if (values !== undefined) answer.values = values;
  answer.token = bytesOf(fields, 'token', 1, MAX_TOKEN_LENGTH);
  if (fields.has('v')) answer.item = itemOf(fields, packet, 'r');
  if (fields.has('seq')) answer.sequence = bigintOf(fields, 'seq');
  if (fields.has('samples')) {
    const samples = bytesOf(fields, 'samples', 0, MAX_PACKET_LENGTH);
    answer.samples = samples?.subarray(0, samples.length - (samples.length % ID_LENGTH));
    answer.sampleCount = atLeastZero(numberOf(fields, 'num'));
    const intervalSeconds = atLeastZero(numberOf(fields, 'interval'));
    answer.sampleIntervalMs = intervalSeconds === undefined ? undefined : intervalSeconds * 1000;
  }
  if (fields.has('BFsd')) answer.seedFilter = filterOf(fields, 'BFsd');
  if (fields.has('BFpe')) answer.peerFilter = filterOf(fields, 'BFpe');
  return { type: 'answer', transactionId, id, answer, seenAs: endpointOf(root, 'ip') };
}

function atLeastZero(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}

function readError(root: BencodeDict, transactionId: Uint8Array): KrpcMessage | MalformedReason {
  const list = root.get('e');
  if (!isList(list)) return 'NO_FIELDS';
  const errorCode = typeof list[0] === 'number' ? list[0] : KRPC_ERROR.generic;
  return {
    type: 'error',
    transactionId,
    errorCode,
    reason: textOf(list[1]) ?? '',
    seenAs: endpointOf(root, 'ip'),
  };
}

/** Reads a value with what signs it. The value is the bytes as they are in the packet: they are what is hashed. */
function itemOf(fields: BencodeDict, packet: Uint8Array, parent: 'a' | 'r'): KrpcItem | undefined {
  const raw = scan(packet, LENIENT).get(parent)?.get('v')?.raw;
  if (raw === undefined) return undefined;
  const value = new Uint8Array(raw);
  if (!fields.has('k') && !fields.has('sig')) return { value };
  const publicKey = bytesOf(fields, 'k', 32);
  const signature = bytesOf(fields, 'sig', 64);
  const sequence = bigintOf(fields, 'seq');
  // A salt that is too long is told from none, so that it can be refused with its own code.
  const salt = fields.has('salt') ? bytesOf(fields, 'salt', 0, MAX_PACKET_LENGTH) : new Uint8Array();
  if (publicKey === undefined || signature === undefined || sequence === undefined || salt === undefined)
    return undefined;
  return { value, mutable: { publicKey, signature, sequence, salt } };
}
