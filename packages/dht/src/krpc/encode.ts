import { type Encodable, encode, raw } from '@millrace/bencode';
import { concat } from '../bytes.ts';
import { encodeEndpoint, type Endpoint } from '../endpoint.ts';
import type { Contact } from '../node-id.ts';
import type { KrpcAnswer, KrpcItem, KrpcQuery, Want } from './message.ts';

type Fields = Record<string, Encodable | undefined>;

export interface EncodeQueryOptions {
  readonly transactionId: Uint8Array;
  /** Of the node that asks. */
  readonly id: Uint8Array;
  /** @defaultValue false */
  readonly isReadOnly?: boolean;
}

/** Encodes a query as a packet the caller owns. @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, queries} */
export function encodeQuery(query: KrpcQuery, options: EncodeQueryOptions): Uint8Array<ArrayBuffer> {
  const { transactionId, id, isReadOnly = false } = options;
  return encode({
    a: { id, ...argumentsOf(query) },
    q: query.method === 'unknown' ? 'find_node' : query.method,
    ro: isReadOnly ? 1 : undefined,
    t: transactionId,
    y: 'q',
  });
}

export interface EncodeAnswerOptions {
  /** As the query has it. */
  readonly transactionId: Uint8Array;
  /** Of the node that answers. */
  readonly id: Uint8Array;
  /** Where the query came from: it is told so. BEP 42 */
  readonly to: Endpoint;
}

/** Encodes an answer as a packet the caller owns. */
export function encodeAnswer(
  answer: KrpcAnswer,
  { transactionId, id, to }: EncodeAnswerOptions,
): Uint8Array<ArrayBuffer> {
  return encode({ ip: encodeEndpoint(to), r: { id, ...fieldsOf(answer) }, t: transactionId, y: 'r' });
}

/** Encodes an error as a packet the caller owns. @param errorCode One of `KRPC_ERROR`. */
export function encodeError(
  errorCode: number,
  reason: string,
  { transactionId, to }: Omit<EncodeAnswerOptions, 'id'>,
): Uint8Array<ArrayBuffer> {
  return encode({ e: [errorCode, reason], ip: encodeEndpoint(to), t: transactionId, y: 'e' });
}

/** Writes nodes in the compact form: 26 bytes each for IPv4, 38 for IPv6. */
export function encodeNodes(nodes: readonly Contact[]): Uint8Array<ArrayBuffer> {
  return concat(...nodes.flatMap(({ id, endpoint }) => [id, encodeEndpoint(endpoint)]));
}

function argumentsOf(query: KrpcQuery): Fields {
  switch (query.method) {
    case 'ping':
      return {};
    case 'find_node':
    case 'sample_infohashes':
    case 'unknown':
      return { target: query.target, want: wantNames(query.want) };
    case 'get':
      return { target: query.target, seq: query.sequence, want: wantNames(query.want) };
    case 'get_peers':
      return {
        info_hash: query.infoHash,
        noseed: query.noSeed === true ? 1 : undefined,
        scrape: query.scrape === true ? 1 : undefined,
        want: wantNames(query.want),
      };
    case 'announce_peer':
      return {
        implied_port: query.impliedPort ? 1 : undefined,
        info_hash: query.infoHash,
        port: query.port,
        seed: query.seed ? 1 : undefined,
        token: query.token,
      };
    case 'put':
      return { ...itemFields(query.item), cas: query.cas, token: query.token };
    default:
      return query satisfies never;
  }
}

function fieldsOf(answer: KrpcAnswer): Fields {
  const { nodes, nodes6, token, values, item, sequence, samples, sampleCount, sampleIntervalMs } = answer;
  return {
    BFpe: answer.peerFilter?.bytes,
    BFsd: answer.seedFilter?.bytes,
    interval: sampleIntervalMs === undefined ? undefined : Math.round(sampleIntervalMs / 1000),
    nodes: nodes === undefined ? undefined : encodeNodes(nodes),
    nodes6: nodes6 === undefined ? undefined : encodeNodes(nodes6),
    num: sampleCount,
    samples,
    seq: sequence,
    token,
    values: values?.map(encodeEndpoint),
    ...(item !== undefined && itemFields(item)),
  };
}

function itemFields({ value, mutable }: KrpcItem): Fields {
  if (mutable === undefined) return { v: raw(value) };
  const { publicKey, signature, sequence, salt } = mutable;
  return {
    k: publicKey,
    salt: salt.length === 0 ? undefined : salt,
    seq: sequence,
    sig: signature,
    v: raw(value),
  };
}

function wantNames(want: Want | undefined): string[] | undefined {
  return want?.map((family) => `n${family}`);
}
