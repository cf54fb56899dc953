import type { AnsweredPeer } from './answer.ts';

/** What a tracker may do instead of answering honestly. Each ends only the request it is used for. */
export type TrackerMisbehaviour =
  /** A well-formed refusal, in BEP 3's words. */
  | { readonly type: 'failure'; readonly reason: string | Uint8Array }
  /** An HTTP status with a body that is not bencoded. */
  | { readonly type: 'status'; readonly status: number; readonly body?: string }
  /** Bytes that mean nothing, or any others, given as they are. */
  | { readonly type: 'body'; readonly body: Uint8Array; readonly headers?: Readonly<Record<string, string>> }
  /** An answer that begins well and whose peer list never ends. */
  | { readonly type: 'infiniteBody' }
  /** A header that never ends. */
  | { readonly type: 'infiniteHeader' }
  /** Few bytes of gzip that unpack to `unpackedLength` (at least): an answer with one enormous string. */
  | { readonly type: 'gzipBomb'; readonly unpackedLength: number }
  /** The honest answer, one byte every `everyMs`. */
  | { readonly type: 'drip'; readonly everyMs: number }
  /** The request is taken and nothing is ever said. */
  | { readonly type: 'silent' }
  /** The connection is reset as soon as the request is read. */
  | { readonly type: 'reset' }
  /** The header promises the honest answer's whole length; after `sentLength` bytes the connection is closed. */
  | { readonly type: 'cutBody'; readonly sentLength: number }
  /** A redirect to this same announce, for ever. */
  | { readonly type: 'redirectLoop'; readonly status?: number }
  | { readonly type: 'redirect'; readonly location: string; readonly status?: number }
  /** The honest answer with another interval: −1, 0, 2^32, or text where a number belongs. */
  | { readonly type: 'interval'; readonly interval: number | bigint | string }
  /** The honest answer with these peers and no others: port 0, the asking peer itself, a million of them. */
  | { readonly type: 'peers'; readonly peers: readonly AnsweredPeer[] }
  /** The honest answer with these bytes as its compact peer list, of any length. */
  | { readonly type: 'compactPeers'; readonly bytes: Uint8Array }
  /** Lists within lists, so many deep. */
  | { readonly type: 'nested'; readonly depth: number };
