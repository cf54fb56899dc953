/** What is wrong with a datagram that came to the group, keyed by `code`. */
export type LocalDiscoveryErrorDetail =
  | { readonly code: 'TOO_LONG'; readonly length: number; readonly maxLength: number }
  /** It does not begin with `BT-SEARCH * HTTP/1.1`, or is not ASCII. */
  | { readonly code: 'NOT_AN_ANNOUNCE' }
  /** There is no header `Port`, or it is not 1 to 65535. */
  | { readonly code: 'INVALID_PORT' }
  /** There is no header `Infohash` of 40 hexadecimal digits. */
  | { readonly code: 'NO_INFO_HASH' };

const BRAND = Symbol.for('@millrace/local-discovery/LocalDiscoveryError');

/** What a stranger on the local network did wrong; the data is in `detail`, keyed by `code`. */
export class LocalDiscoveryError extends Error {
  override readonly name = 'LocalDiscoveryError';
  readonly detail: LocalDiscoveryErrorDetail;

  constructor(detail: LocalDiscoveryErrorDetail, options?: ErrorOptions) {
    super(`Cannot read local announce: ${describe(detail)}`, options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `error` is a `LocalDiscoveryError`, also one of another installed copy of this package. */
  static is(error: unknown): error is LocalDiscoveryError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }

  get code(): LocalDiscoveryErrorDetail['code'] {
    return this.detail.code;
  }
}

function describe(detail: LocalDiscoveryErrorDetail): string {
  switch (detail.code) {
    case 'TOO_LONG':
      return `it is ${detail.length} bytes long, expected at most ${detail.maxLength}`;
    case 'NOT_AN_ANNOUNCE':
      return 'it is something else, expected BT-SEARCH * HTTP/1.1';
    case 'INVALID_PORT':
      return 'it names no port, expected one from 1 to 65535';
    case 'NO_INFO_HASH':
      return 'it names no torrent, expected an info hash of 40 hexadecimal digits';
  }
}
