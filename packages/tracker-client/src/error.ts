import type { BencodeError } from '@millrace/bencode';
import { quote } from './quote.ts';

/** What an announce was doing. */
export type AnnouncePhase = 'resolving' | 'connecting' | 'securing' | 'waiting' | 'reading';

/**
 * What went wrong with an announce or a scrape, keyed by `code`. `tracker` is the announce URL without its passkey, safe to log;
 * `undefined` if a codec was not told it. Lengths are in bytes.
 */
export type TrackerErrorDetail = { readonly tracker: string | undefined } & (
  | {
      readonly code: 'FAILURE';
      /** The tracker's own words, at most 256 code points; show them escaped. */
      readonly reason: string;
      /** When it wants to be asked again (BEP 31), if it said. */
      readonly retryMs: number | 'never' | undefined;
      /** The HTTP status, if it was not one of success. */
      readonly status: number | undefined;
    }
  | {
      readonly code: 'HTTP_STATUS';
      readonly status: number;
      /** From the header `retry-after`, if it was there as a number of seconds. */
      readonly retryMs: number | undefined;
    }
  | { readonly code: 'INVALID_URL'; readonly problem: UrlProblem }
  | { readonly code: 'UNSUPPORTED_PROTOCOL'; readonly protocol: string }
  | { readonly code: 'SCRAPE_UNSUPPORTED' }
  | { readonly code: 'UNSUPPORTED_THROUGH_PROXY'; readonly protocol: string }
  | {
      readonly code: 'PROXY_FAILED';
      /** Host and port of the proxy. */
      readonly proxy: string;
      readonly problem: ProxyProblem;
      /** What the proxy, or the system, says: a status or a code. */
      readonly reason: string;
    }
  | { readonly code: 'REDIRECT_LIMIT'; readonly maxRedirects: number }
  | {
      readonly code: 'REDIRECT_REFUSED';
      /** Without its passkey. */
      readonly target: string;
      readonly problem: UrlProblem | 'OTHER_PROTOCOL' | 'NARROWER_ADDRESS' | 'LOCAL_PATH';
    }
  | {
      readonly code: 'ADDRESS_REFUSED';
      readonly address: string;
      /** Whether its path is none of a tracker, or its name stood for an address nobody else means. */
      readonly problem: 'LOCAL_PATH' | 'PRIVATE_NAME';
    }
  | { readonly code: 'NOT_RESOLVED'; readonly host: string; readonly reason: string }
  | { readonly code: 'REFUSED'; readonly host: string }
  | { readonly code: 'UNREACHABLE'; readonly host: string; readonly reason: string }
  | { readonly code: 'TLS'; readonly reason: string }
  | { readonly code: 'CONNECTION_LOST'; readonly phase: AnnouncePhase }
  | {
      readonly code: 'TIMED_OUT';
      readonly phase: AnnouncePhase;
      /** Whether nothing happened for `limitMs`, or the whole took that long. */
      readonly limit: 'idle' | 'total';
      readonly limitMs: number;
    }
  | { readonly code: 'NOT_HTTP'; readonly reason: string }
  | { readonly code: 'HEADERS_TOO_LARGE'; readonly maxBytes: number }
  | {
      readonly code: 'BODY_TOO_LARGE';
      readonly maxBytes: number;
      /** Whether the bound is that on what the body unpacks to. */
      readonly isDecoded: boolean;
    }
  | { readonly code: 'UNSUPPORTED_ENCODING' | 'CORRUPT_ENCODING'; readonly encoding: string }
  | {
      readonly code: 'MALFORMED';
      /** The code of the `BencodeError` in `cause`, or that the answer is bencoded and yet no dictionary. */
      readonly reason: BencodeError['code'] | 'NOT_A_DICTIONARY';
      readonly offset: number | undefined;
    }
  | {
      /** A packet of a UDP tracker that answers us, and is not what was asked for. */
      readonly code: 'MALFORMED_PACKET';
      readonly field: 'length' | 'action' | 'transactionId';
      readonly found: number;
      /** Of `length`, the least. */
      readonly expected: number;
    }
);

/** Why an address of a tracker cannot be used. */
export type UrlProblem = 'NOT_A_URL' | 'HOST_NOT_ASCII' | 'TOO_LONG';

/** Why a tracker is not reached through a proxy. */
export type ProxyProblem = 'UNREACHABLE' | 'AUTHENTICATION' | 'REFUSED' | 'NOT_A_PROXY';

const BRAND = Symbol.for('@millrace/tracker-client/TrackerError');

/** What a tracker, or the way to it, did wrong; the data is in `detail`, keyed by `code`. */
export class TrackerError extends Error {
  override readonly name = 'TrackerError';
  readonly detail: TrackerErrorDetail;

  constructor(detail: TrackerErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `error` is a `TrackerError`, also one of another installed copy of this package. */
  static is(error: unknown): error is TrackerError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }

  get code(): TrackerErrorDetail['code'] {
    return this.detail.code;
  }

  /** The announce URL without its passkey. */
  get tracker(): string | undefined {
    return this.detail.tracker;
  }
}

function describe(detail: TrackerErrorDetail): string {
  const subject = detail.tracker === undefined ? 'the tracker' : `tracker ${quote(detail.tracker)}`;
  return `Cannot ask ${subject}: ${problem(detail)}`;
}

const URL_PROBLEM: Readonly<Record<UrlProblem, string>> = {
  NOT_A_URL: 'it is no URL, expected one such as http://tracker.example/announce',
  HOST_NOT_ASCII: 'its host has characters that can be mistaken for others, expected ASCII',
  TOO_LONG: 'it is too long, expected at most 4096 characters',
};

const REDIRECT_PROBLEM = {
  ...URL_PROBLEM,
  OTHER_PROTOCOL: 'expected http or https',
  NARROWER_ADDRESS: 'an address nearer to this machine than its own, expected one as public',
  LOCAL_PATH: 'an address of a local network and no announce path, expected a tracker',
} as const;

const PROXY_PROBLEM: Readonly<Record<ProxyProblem, string>> = {
  UNREACHABLE: 'cannot be reached',
  AUTHENTICATION: 'does not take the user name and password',
  REFUSED: 'makes no connection to it',
  NOT_A_PROXY: 'does not answer as a proxy of its kind',
};

const DOING: Readonly<Record<AnnouncePhase, string>> = {
  resolving: 'while its host was looked up',
  connecting: 'while connecting',
  securing: 'during the TLS handshake',
  waiting: 'before the answer began',
  reading: 'in the middle of the answer',
};

const PACKET_FIELD = {
  length: (found: number) => `${found} bytes`,
  action: (found: number) => `action ${found}`,
  transactionId: (found: number) => `transaction id ${found}`,
} as const;

function problem(detail: TrackerErrorDetail): string {
  switch (detail.code) {
    case 'FAILURE':
      return `it answered ${quote(detail.reason)}`;
    case 'HTTP_STATUS':
      return `it answered with status ${detail.status}, expected 200`;
    case 'INVALID_URL':
      return URL_PROBLEM[detail.problem];
    case 'UNSUPPORTED_PROTOCOL':
      return `its protocol is ${quote(detail.protocol)}, expected http, https or udp`;
    case 'SCRAPE_UNSUPPORTED':
      return 'it cannot be scraped, expected a URL whose path ends in announce';
    case 'UNSUPPORTED_THROUGH_PROXY':
      return `its protocol ${quote(detail.protocol)} does not go through a proxy, expected http or https`;
    case 'PROXY_FAILED':
      return `the proxy ${quote(detail.proxy)} ${PROXY_PROBLEM[detail.problem]} (${quote(detail.reason)})`;
    case 'REDIRECT_LIMIT':
      return `it redirects again and again, expected at most ${detail.maxRedirects} redirects`;
    case 'REDIRECT_REFUSED':
      return `it redirects to ${quote(detail.target)}, ${REDIRECT_PROBLEM[detail.problem]}`;
    case 'ADDRESS_REFUSED':
      return detail.problem === 'LOCAL_PATH'
        ? `${quote(detail.address)} is an address of a local network, expected an announce path there`
        : `its name stands for ${quote(detail.address)} of a local network, expected a public address`;
    case 'NOT_RESOLVED':
      return `its host ${quote(detail.host)} does not resolve (${quote(detail.reason)})`;
    case 'REFUSED':
      return `${quote(detail.host)} refuses the connection`;
    case 'UNREACHABLE':
      return `${quote(detail.host)} cannot be reached (${quote(detail.reason)})`;
    case 'TLS':
      return `the connection is not secure (${quote(detail.reason)}), expected a valid certificate`;
    case 'CONNECTION_LOST':
      return `the connection was lost ${DOING[detail.phase]}`;
    case 'TIMED_OUT':
      return detail.limit === 'idle'
        ? `nothing happened for ${detail.limitMs} ms ${DOING[detail.phase]}`
        : `it took longer than ${detail.limitMs} ms, and stopped ${DOING[detail.phase]}`;
    case 'NOT_HTTP':
      return `the answer is not HTTP (${quote(detail.reason)})`;
    case 'HEADERS_TOO_LARGE':
      return `the headers of the answer are too large, expected at most ${detail.maxBytes} bytes`;
    case 'BODY_TOO_LARGE':
      return `the answer ${detail.isDecoded ? 'unpacks to' : 'has'} more than ${detail.maxBytes} bytes, expected less`;
    case 'UNSUPPORTED_ENCODING':
      return `the answer is encoded as ${quote(detail.encoding)}, expected gzip or nothing`;
    case 'CORRUPT_ENCODING':
      return `the answer does not unpack, expected it encoded as ${quote(detail.encoding)}`;
    case 'MALFORMED':
      return `the answer is no bencoded dictionary (${detail.reason} at byte ${detail.offset ?? 0}), expected one`;
    case 'MALFORMED_PACKET':
      return `the packet it answered with has ${PACKET_FIELD[detail.field](detail.found)}, expected ${detail.expected}`;
    default:
      return detail satisfies never;
  }
}
