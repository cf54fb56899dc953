import { TrackerError, type AnnouncePhase } from '../error.ts';
import type { Proxy } from './proxy.ts';

/** Largest header section of an answer. */
export const MAX_HEADER_BYTES = 16_384;

/** Returns the `code` of an error of Node; of several attempts, the last one's. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors.at(-1));
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const REFUSED = new Set(['ECONNREFUSED']);
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', '']);

/** Says why no connection was made. */
export function connectError(error: unknown, host: string, tracker: string): TrackerError {
  const reason = codeOf(error);
  if (REFUSED.has(reason)) return new TrackerError({ code: 'REFUSED', tracker, host }, { cause: error });
  if (LOST.has(reason)) return lost(error, 'connecting', tracker);
  return new TrackerError({ code: 'UNREACHABLE', tracker, host, reason }, { cause: error });
}

/** Says why a proxy was of no use. */
export function proxyError(error: unknown, proxy: Proxy, tracker: string): TrackerError {
  if (TrackerError.is(error)) return error;
  const reason = codeOf(error) || 'closed';
  const detail = {
    code: 'PROXY_FAILED',
    tracker,
    proxy: proxy.name,
    problem: 'UNREACHABLE',
    reason,
  } as const;
  return new TrackerError(detail, { cause: error });
}

/** Says why a connection could not be made secure. */
export function tlsError(error: unknown, tracker: string): TrackerError {
  const reason = codeOf(error);
  if (LOST.has(reason)) return lost(error, 'securing', tracker);
  return new TrackerError({ code: 'TLS', tracker, reason }, { cause: error });
}

/** Says why an answer could not be read. Whatever it is, it was the other side's doing. */
export function answerError(error: unknown, phase: AnnouncePhase, tracker: string): TrackerError {
  if (TrackerError.is(error)) return error;
  const reason = codeOf(error);
  if (reason === 'HPE_HEADER_OVERFLOW') {
    const detail = { code: 'HEADERS_TOO_LARGE', tracker, maxBytes: MAX_HEADER_BYTES } as const;
    return new TrackerError(detail, { cause: error });
  }
  if (reason.startsWith('HPE_')) {
    const words = error instanceof Error && 'reason' in error ? String(error.reason) : reason;
    return new TrackerError({ code: 'NOT_HTTP', tracker, reason: words }, { cause: error });
  }
  if (reason.startsWith('ERR_SSL'))
    return new TrackerError({ code: 'TLS', tracker, reason }, { cause: error });
  return lost(error, phase, tracker);
}

function lost(error: unknown, phase: AnnouncePhase, tracker: string): TrackerError {
  return new TrackerError({ code: 'CONNECTION_LOST', tracker, phase }, { cause: error });
}
