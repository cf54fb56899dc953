import { TrackerError, type UrlProblem } from './error.ts';
import { encodePercent } from './percent.ts';
import { redactUrl } from './redact.ts';

/** A tracker's URL as it was written, taken apart. */
export interface HttpUrl {
  readonly protocol: 'http:' | 'https:';
  /** User name and password as they were written, `''` if there are none. */
  readonly userInfo: string;
  /** Host and port as they were written. */
  readonly authority: string;
  /** The host as it is connected to: lower case, numbers made dotted, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, printable ASCII throughout. */
  readonly path: string;
}

export type ParsedUrl =
  | { readonly type: 'http'; readonly url: HttpUrl }
  | { readonly type: 'otherProtocol'; readonly protocol: string }
  | { readonly type: 'invalid'; readonly problem: UrlProblem };

/** Longest tracker URL, in characters. */
export const MAX_URL_LENGTH = 4_096;

/**
 * Takes a URL apart without changing its path or query: a tracker sees its passkey exactly as the torrent has it, while
 * the `URL` class alone would resolve dots and escape characters. Only what cannot stand in an HTTP request (spaces,
 * control characters, non-ASCII) is escaped. The fragment is dropped.
 */
export function parseHttpUrl(text: string, maxLength: number = MAX_URL_LENGTH): ParsedUrl {
  if (text.length > maxLength) return invalid('TOO_LONG');
  const match = /^[\0- ]*([a-z][a-z\d+.-]*:)\/\/([^/?#\\]*)([^#]*)/is.exec(text);
  if (match === null) return invalid('NOT_A_URL');
  const [, scheme = '', fullAuthority = '', tail = ''] = match;
  const protocol = scheme.toLowerCase();
  if (protocol !== 'http:' && protocol !== 'https:') return { type: 'otherProtocol', protocol };
  const at = fullAuthority.lastIndexOf('@');
  const userInfo = at === -1 ? '' : fullAuthority.slice(0, at);
  const authority = fullAuthority.slice(at + 1).replace(/[\0- ]+$/, '');
  // Nothing is decoded or mapped to ASCII on the way to the resolver: what the user sees is what is connected to.
  if (!/^[!-~]*$/.test(authority) || authority.includes('%')) return invalid('HOST_NOT_ASCII');
  const path = escapeUnprintable(tail.replace(/[\0- ]+$/, ''));
  const origin = URL.canParse(`${protocol}//${authority}`) ? new URL(`${protocol}//${authority}`) : undefined;
  if (origin === undefined || origin.port === '0' || path.startsWith('\\')) return invalid('NOT_A_URL');
  const url: HttpUrl = {
    protocol,
    userInfo: escapeUnprintable(userInfo),
    authority,
    hostname: origin.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: origin.port === '' ? DEFAULT_PORT[protocol] : Number(origin.port),
    path: path.startsWith('/') ? path : `/${path}`,
  };
  return { type: 'http', url };
}

/** Takes a tracker's URL apart. @throws {TrackerError} `INVALID_URL` or `UNSUPPORTED_PROTOCOL` if it is no HTTP tracker. */
export function requireHttpUrl(tracker: string): HttpUrl {
  const parsed = parseHttpUrl(tracker);
  if (parsed.type === 'invalid') {
    throw new TrackerError({ code: 'INVALID_URL', tracker: redactUrl(tracker), problem: parsed.problem });
  }
  if (parsed.type === 'otherProtocol') {
    const { protocol } = parsed;
    throw new TrackerError({ code: 'UNSUPPORTED_PROTOCOL', tracker: redactUrl(tracker), protocol });
  }
  return parsed.url;
}

const DEFAULT_PORT = { 'http:': 80, 'https:': 443 } as const;

function invalid(problem: UrlProblem): ParsedUrl {
  return { type: 'invalid', problem };
}

function escapeUnprintable(text: string): string {
  return text.replaceAll(/[^!-~]+/g, (characters) => encodePercent(new TextEncoder().encode(characters)));
}

/** Writes a URL that was taken apart. */
export function formatHttpUrl({ protocol, userInfo, authority, path }: HttpUrl): string {
  return `${protocol}//${userInfo === '' ? '' : `${userInfo}@`}${authority}${path}`;
}
