import { TrackerError } from '../error.ts';
import { redactUrl } from '../redact.ts';
import { formatHttpUrl, MAX_URL_LENGTH, parseHttpUrl, type HttpUrl } from '../tracker-url.ts';
import type { Headers } from './exchange.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** A target repeats the announce, which is a tracker's URL and the request. */
const MAX_TARGET_LENGTH = 2 * MAX_URL_LENGTH;

/**
 * Reads where an answer redirects to; `undefined` if it does not.
 *
 * @throws {TrackerError} `REDIRECT_REFUSED` if that is no HTTP URL.
 */
export function redirectTarget(
  status: number,
  headers: Headers,
  from: HttpUrl,
  tracker: string,
): HttpUrl | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const text = Array.isArray(location) ? location.join(' ') : location;
  const refused = { code: 'REDIRECT_REFUSED', tracker, target: redactUrl(text) } as const;
  const absolute = Array.isArray(location) ? undefined : resolve(text, from);
  if (absolute === undefined) throw new TrackerError({ ...refused, problem: 'NOT_A_URL' });
  const parsed = parseHttpUrl(absolute, MAX_TARGET_LENGTH);
  switch (parsed.type) {
    case 'http':
      return parsed.url;
    case 'otherProtocol':
      throw new TrackerError({ ...refused, problem: 'OTHER_PROTOCOL' });
    case 'invalid':
      throw new TrackerError({ ...refused, problem: parsed.problem });
    default:
      return parsed satisfies never;
  }
}

/** Resolves a relative target, by text where the text says it all, so that what a tracker wrote stays as it is. */
function resolve(location: string, from: HttpUrl): string | undefined {
  // URL takes a backslash for a slash, and so a path for a host.
  if (location.includes('\\')) return undefined;
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(location)) return location;
  if (location.startsWith('//')) return `${from.protocol}${location}`;
  const base = formatHttpUrl({ ...from, userInfo: '' });
  return URL.canParse(location, base) ? new URL(location, base).href : undefined;
}
