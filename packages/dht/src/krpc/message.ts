import type { BloomFilter } from '../bloom-filter.ts';
import type { Endpoint, Family } from '../endpoint.ts';
import type { Contact } from '../node-id.ts';

/** Longest packet that is looked at, in bytes; BEP 32 asks for 1024, values of BEP 44 need more. */
export const MAX_PACKET_LENGTH = 2048;

/** What one node asks of another. Names are those of the BEPs. */
export type KrpcQuery =
  | { readonly method: 'ping' }
  | { readonly method: 'find_node'; readonly target: Uint8Array; readonly want?: Want | undefined }
  | {
      readonly method: 'get_peers';
      readonly infoHash: Uint8Array;
      readonly want?: Want | undefined;
      /** Leave out those who have it all, if others are known. BEP 33 */
      readonly noSeed?: boolean;
      /** Count them. BEP 33 */
      readonly scrape?: boolean;
    }
  | {
      readonly method: 'announce_peer';
      readonly infoHash: Uint8Array;
      /** 0 if it is implied. */
      readonly port: number;
      /** The port is the one that the packet comes from. */
      readonly impliedPort: boolean;
      readonly token: Uint8Array;
      /** Whether the peer has it all. BEP 33 */
      readonly seed: boolean;
    }
  | {
      readonly method: 'get';
      readonly target: Uint8Array;
      readonly want?: Want | undefined;
      /** Only a value with a greater sequence number is wanted. */
      readonly sequence?: bigint | undefined;
    }
  | {
      readonly method: 'put';
      readonly token: Uint8Array;
      readonly item: KrpcItem;
      readonly cas?: bigint | undefined;
    }
  | { readonly method: 'sample_infohashes'; readonly target: Uint8Array; readonly want?: Want | undefined }
  /** Something else that names a target: nodes near it are an answer to that. */
  | { readonly method: 'unknown'; readonly target: Uint8Array; readonly want?: Want | undefined };

/** Of which family nodes are wanted. BEP 32 */
export type Want = readonly Family[];

/** A value as nodes store and send it. BEP 44 */
export interface KrpcItem {
  /** Bencoded, exactly as it was read. */
  readonly value: Uint8Array;
  /** What only a mutable one has. */
  readonly mutable?: {
    /** 32 bytes, ed25519. */
    readonly publicKey: Uint8Array;
    /** 64 bytes. */
    readonly signature: Uint8Array;
    readonly sequence: bigint;
    /** At most 64 bytes; empty in answers, where it is not sent. */
    readonly salt: Uint8Array;
  };
}

/** What a node answers; each field is there if it was sent and makes sense. */
export interface KrpcAnswer {
  readonly nodes?: readonly Contact[];
  readonly nodes6?: readonly Contact[];
  readonly token?: Uint8Array | undefined;
  /** Peers. */
  readonly values?: readonly Endpoint[];
  readonly item?: KrpcItem | undefined;
  /** The sequence number of a mutable value that was not wanted. */
  readonly sequence?: bigint | undefined;
  /** Info hashes, one after the other. BEP 51 */
  readonly samples?: Uint8Array | undefined;
  /** How many there are to sample from. */
  readonly sampleCount?: number | undefined;
  /** How long the samples stay the same. */
  readonly sampleIntervalMs?: number | undefined;
  readonly seedFilter?: BloomFilter | undefined;
  readonly peerFilter?: BloomFilter | undefined;
}

/** Any packet that could be read. */
export type KrpcMessage =
  | {
      readonly type: 'query';
      readonly transactionId: Uint8Array;
      readonly id: Uint8Array;
      /** It answers no queries and is not to be remembered. BEP 43 */
      readonly isReadOnly: boolean;
      readonly query: KrpcQuery;
    }
  /** A query that has a transaction id, so that it can be answered with an error. */
  | {
      readonly type: 'invalidQuery';
      readonly transactionId: Uint8Array;
      readonly errorCode: number;
      readonly reason: string;
    }
  | {
      readonly type: 'answer';
      readonly transactionId: Uint8Array;
      readonly id: Uint8Array;
      readonly answer: KrpcAnswer;
      /** Where it saw us. BEP 42 */
      readonly seenAs: Endpoint | undefined;
    }
  | {
      readonly type: 'error';
      readonly transactionId: Uint8Array;
      readonly errorCode: number;
      readonly reason: string;
      readonly seenAs: Endpoint | undefined;
    };

/** Codes of errors. {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5}, {@link https://www.bittorrent.org/beps/bep_0044.html | BEP 44} */
export const KRPC_ERROR = {
  generic: 201,
  server: 202,
  protocol: 203,
  methodUnknown: 204,
  valueTooBig: 205,
  invalidSignature: 206,
  saltTooBig: 207,
  casMismatch: 301,
  sequenceTooLow: 302,
} as const;
