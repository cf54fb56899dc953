import { bound } from './quote.ts';

const HIDDEN = '…';
/** Words of tracker URLs that everyone's share; whatever else stands in the path may be somebody's key. */
const SHOWN_SEGMENT = /^(announce|scrape|tracker|tr)(\.[a-z]{1,5})?$/i;
/** Shorter parts of a URL are no keys, and would be found by chance in any text. */
const MIN_SECRET_LENGTH = 6;

/**
 * Writes a URL without what only its owner may know: user name and password, path segments that may be passkeys, the
 * query, the fragment. Safe to log.
 */
export function redactUrl(url: string): string {
  const { prefix, segments, hasQuery } = partsOf(url);
  const path = segments.map((segment) => (segment === '' || SHOWN_SEGMENT.test(segment) ? segment : HIDDEN));
  return bound(`${prefix}${path.join('/')}${hasQuery ? `?${HIDDEN}` : ''}`);
}

/** Removes from a tracker's text what `redactUrl` would hide of the URL: some repeat the passkey they refuse. */
export function redactText(text: string, url: string): string {
  const { userInfo, segments, query } = partsOf(url);
  const values = query.split(/[&;]/).map((pair) => pair.slice(pair.indexOf('=') + 1));
  const secrets = [
    ...userInfo.split(':'),
    ...segments.filter((segment) => !SHOWN_SEGMENT.test(segment)),
    ...values,
  ];
  return secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}

interface UrlParts {
  readonly prefix: string;
  readonly userInfo: string;
  readonly segments: readonly string[];
  readonly query: string;
  readonly hasQuery: boolean;
}

/** Takes a URL apart by its text alone, since one that is no URL is to be shown, too. */
function partsOf(url: string): UrlParts {
  const [, scheme = '', authority = '', path = '', query] =
    /^([a-z][a-z\d+.-]*:)?(?:[/\\]{2}([^/\\?#]*))?([^?#]*)(?:\?([^#]*))?/is.exec(url.trim()) ?? [];
  const at = authority.lastIndexOf('@');
  const slashes = url.includes('//') ? '//' : '';
  return {
    prefix: `${scheme}${slashes}${authority.slice(at + 1)}`,
    userInfo: at === -1 ? '' : authority.slice(0, at),
    segments: path.split('/'),
    query: query ?? '',
    hasQuery: query !== undefined,
  };
}
