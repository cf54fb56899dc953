import { quote } from './quote.ts';

/** What is wrong with a packet. */
export type MalformedReason =
  | 'TOO_LONG'
  | 'NOT_BENCODE'
  | 'NOT_A_DICTIONARY'
  | 'NO_TRANSACTION_ID'
  | 'UNKNOWN_TYPE'
  | 'NO_ID'
  | 'NO_FIELDS';

/** What went wrong, keyed by `code`. Addresses are `host:port`. */
export type DhtErrorDetail =
  /** A packet is no message of this protocol. */
  | { readonly code: 'MALFORMED'; readonly reason: MalformedReason }
  /** A node answers that it does not do what was asked. `reason` is its own words; show them escaped. */
  | { readonly code: 'REFUSED'; readonly node: string; readonly errorCode: number; readonly reason: string }
  | { readonly code: 'TIMED_OUT'; readonly node: string; readonly waitedMs: number }
  /** Not one node answered, so nothing is known about what was looked for. */
  | { readonly code: 'NO_NODES'; readonly asked: number }
  /** No node took what was to be stored. `refusals` has the codes of those that said why. */
  | { readonly code: 'NOT_STORED'; readonly asked: number; readonly refusals: readonly number[] }
  /** The value stored is newer than the one to be stored, or not the one that was to be replaced. */
  | { readonly code: 'CONFLICT'; readonly sequence: bigint; readonly expected: bigint }
  | { readonly code: 'NOT_RESOLVED'; readonly host: string; readonly reason: string }
  | { readonly code: 'CANNOT_LISTEN'; readonly address: string; readonly reason: string }
  /** What was saved of a node cannot be read. */
  | { readonly code: 'INVALID_STATE'; readonly reason: string }
  | { readonly code: 'CLOSED' };

const BRAND = Symbol.for('@millrace/dht/DhtError');

/** What a node, or the way to it, did wrong; the data is in `detail`, keyed by `code`. */
export class DhtError extends Error {
  override readonly name = 'DhtError';
  readonly detail: DhtErrorDetail;

  constructor(detail: DhtErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `error` is a `DhtError`, also one of another installed copy of this package. */
  static is(error: unknown): error is DhtError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }

  get code(): DhtErrorDetail['code'] {
    return this.detail.code;
  }
}

const MALFORMED: Readonly<Record<MalformedReason, string>> = {
  TOO_LONG: 'it is longer than any node needs, expected at most 2048 bytes',
  NOT_BENCODE: 'it is not bencode, expected a dictionary',
  NOT_A_DICTIONARY: 'it is bencode of another kind, expected a dictionary',
  NO_TRANSACTION_ID: 'it has no transaction id, expected one of 1 to 32 bytes',
  UNKNOWN_TYPE: 'its type is unknown, expected q, r or e',
  NO_ID: 'it has no node id, expected one of 20 bytes',
  NO_FIELDS: 'what its type says is missing, expected a, r or e',
};

function describe(detail: DhtErrorDetail): string {
  switch (detail.code) {
    case 'MALFORMED':
      return `Cannot read packet: ${MALFORMED[detail.reason]}`;
    case 'REFUSED':
      return `Cannot ask node ${quote(detail.node)}: it answered error ${detail.errorCode}, ${quote(detail.reason)}`;
    case 'TIMED_OUT':
      return `Cannot ask node ${quote(detail.node)}: no answer for ${detail.waitedMs} ms`;
    case 'NO_NODES':
      return `Cannot search the DHT: none of ${detail.asked} node(s) answered, expected one at least`;
    case 'NOT_STORED':
      return `Cannot store in the DHT: none of ${detail.asked} node(s) took it, expected one at least`;
    case 'CONFLICT':
      return `Cannot store in the DHT: sequence number ${detail.sequence} is there, expected ${detail.expected}`;
    case 'NOT_RESOLVED':
      return `Cannot reach host ${quote(detail.host)}: it does not resolve (${quote(detail.reason)})`;
    case 'CANNOT_LISTEN':
      return `Cannot listen at ${quote(detail.address)}: the system answered ${quote(detail.reason)}`;
    case 'INVALID_STATE':
      return `Cannot restore node: ${quote(detail.reason)}, expected what was exported`;
    case 'CLOSED':
      return 'Cannot use node: it is closed, expected an open one';
    default:
      return detail satisfies never;
  }
}
