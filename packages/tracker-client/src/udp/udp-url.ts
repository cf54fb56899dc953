import { TrackerError } from '../error.ts';
import { redactUrl } from '../redact.ts';
import { parseHttpUrl, type HttpUrl } from '../tracker-url.ts';

/** Tells whether a tracker is asked over UDP, by its URL alone. */
export function isUdpUrl(tracker: string): boolean {
  return /^[\0- ]*udp:/i.test(tracker);
}

/**
 * Takes the URL of a UDP tracker apart, by the same rules as an HTTP one; without a port it is 80, as elsewhere.
 *
 * @throws {TrackerError} `INVALID_URL` or `UNSUPPORTED_PROTOCOL`.
 */
export function requireUdpUrl(tracker: string): HttpUrl {
  const parsed = parseHttpUrl(tracker.replace(/^([\0- ]*)udp:/i, '$1http:'));
  if (parsed.type === 'invalid') {
    throw new TrackerError({ code: 'INVALID_URL', tracker: redactUrl(tracker), problem: parsed.problem });
  }
  if (!isUdpUrl(tracker) || parsed.type === 'otherProtocol') {
    const protocol = /^[\0- ]*([^:]*:)/.exec(tracker)?.[1] ?? '';
    throw new TrackerError({ code: 'UNSUPPORTED_PROTOCOL', tracker: redactUrl(tracker), protocol });
  }
  return parsed.url;
}
