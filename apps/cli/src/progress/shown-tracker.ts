import { foreign } from '../escape.ts';

/**
 * Returns a tracker as it may be shown and logged: scheme and host. Path and query often hold a key that is the
 * user's own.
 */
export function shownTracker(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null
    ? 'with an address that cannot be read'
    : foreign(`${parsed.protocol}//${parsed.host}`);
}
