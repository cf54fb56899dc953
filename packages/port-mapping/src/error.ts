/** Ways to ask a router. */
export type MappingWay = 'nat-pmp' | 'pcp' | 'upnp';

/** What went wrong, keyed by `code`. */
export type PortMappingErrorDetail =
  /** An answer is not what its protocol has. */
  | { readonly code: 'MALFORMED'; readonly way: MappingWay; readonly reason: string }
  /** The router says no, by the number of its protocol. */
  | { readonly code: 'REFUSED'; readonly way: MappingWay; readonly result: number }
  /** Nobody answered that could map ports. */
  | { readonly code: 'NO_ROUTER' };

const BRAND = Symbol.for('@millrace/port-mapping/PortMappingError');

/** Why a port was not mapped; the data is in `detail`, keyed by `code`. */
export class PortMappingError extends Error {
  override readonly name = 'PortMappingError';
  readonly detail: PortMappingErrorDetail;

  constructor(detail: PortMappingErrorDetail, options?: ErrorOptions) {
    super(`Cannot map port: ${describe(detail)}`, options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `error` is a `PortMappingError`, also one of another installed copy of this package. */
  static is(error: unknown): error is PortMappingError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }

  get code(): PortMappingErrorDetail['code'] {
    return this.detail.code;
  }
}

function describe(detail: PortMappingErrorDetail): string {
  switch (detail.code) {
    case 'MALFORMED':
      return `the router's answer is ${detail.reason}, expected one of ${detail.way}`;
    case 'REFUSED':
      return `the router answered with ${detail.result} (${detail.way}), expected success`;
    case 'NO_ROUTER':
      return 'no router answered, expected one that speaks NAT-PMP, PCP or UPnP';
  }
}
