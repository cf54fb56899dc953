import type { BencodeDict, BencodeValue } from '@millrace/bencode';
import { BloomFilter, FILTER_LENGTH } from '../bloom-filter.ts';
import { compactLength, decodeEndpoint, type Endpoint, type Family, isReachable } from '../endpoint.ts';
import { type Contact, ID_LENGTH } from '../node-id.ts';
import type { Want } from './message.ts';

/** Nodes taken from one answer: twice what BEP 5 has nodes send. */
const MAX_NODES = 16;
/** Peers taken from one answer: as many as fit into the longest packet. */
const MAX_PEERS = 250;

const text: TextDecoder = new TextDecoder();

/** Returns a byte string of so many bytes, as a copy that does not keep the packet alive. */
export function bytesOf(
  dict: BencodeDict,
  key: string,
  min: number,
  max: number = min,
): Uint8Array<ArrayBuffer> | undefined {
  const value = dict.get(key);
  return value instanceof Uint8Array && value.length >= min && value.length <= max
    ? new Uint8Array(value)
    : undefined;
}

export function numberOf(dict: BencodeDict, key: string): number | undefined {
  const value = dict.get(key);
  return typeof value === 'number' ? value : undefined;
}

export function bigintOf(dict: BencodeDict, key: string): bigint | undefined {
  const value = dict.get(key);
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined;
}

export function isSet(dict: BencodeDict, key: string): boolean {
  const value = dict.get(key);
  return typeof value === 'number' && value !== 0;
}

export function textOf(value: BencodeValue | undefined): string | undefined {
  return value instanceof Uint8Array ? text.decode(value.subarray(0, 256)) : undefined;
}

/** Reads compact node info: 20 bytes of id, then the address; entries nobody can be at, and a cut one, are left out. */
export function nodesOf(dict: BencodeDict, key: string, family: Family): Contact[] | undefined {
  const value = dict.get(key);
  if (!(value instanceof Uint8Array)) return undefined;
  const length = ID_LENGTH + compactLength(family);
  const nodes: Contact[] = [];
  for (let end = length; end <= value.length && nodes.length < MAX_NODES; end += length) {
    const endpoint = decodeEndpoint(value.subarray(end - length + ID_LENGTH, end));
    if (isReachable(endpoint))
      nodes.push({ id: value.slice(end - length, end - length + ID_LENGTH), endpoint });
  }
  return nodes;
}

/** Reads a list of peers, which may be of both families. */
export function peersOf(dict: BencodeDict): Endpoint[] | undefined {
  const value = dict.get('values');
  if (!isList(value)) return undefined;
  const peers: Endpoint[] = [];
  for (const each of value) {
    if (peers.length === MAX_PEERS) break;
    if (
      !(each instanceof Uint8Array) ||
      (each.length !== compactLength(4) && each.length !== compactLength(6))
    )
      continue;
    const endpoint = decodeEndpoint(each);
    if (isReachable(endpoint)) peers.push(endpoint);
  }
  return peers;
}

export function wantOf(dict: BencodeDict): Want | undefined {
  const value = dict.get('want');
  if (!isList(value)) return undefined;
  const names = new Set(value.slice(0, 8).map(textOf));
  const want: Family[] = [];
  if (names.has('n4')) want.push(4);
  if (names.has('n6')) want.push(6);
  return want;
}

export function filterOf(dict: BencodeDict, key: string): BloomFilter | undefined {
  const bytes = bytesOf(dict, key, FILTER_LENGTH);
  return bytes === undefined ? undefined : new BloomFilter(bytes);
}

/** Reads the address somebody sees: 6 or 18 bytes. */
export function endpointOf(dict: BencodeDict, key: string): Endpoint | undefined {
  const bytes = bytesOf(dict, key, compactLength(4)) ?? bytesOf(dict, key, compactLength(6));
  const endpoint = bytes === undefined ? undefined : decodeEndpoint(bytes);
  return endpoint !== undefined && isReachable(endpoint) ? endpoint : undefined;
}

export function isList(value: BencodeValue | undefined): value is readonly BencodeValue[] {
  return Array.isArray(value);
}
