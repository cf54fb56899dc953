import type { AnnounceEvent, AnnounceRequest } from './announce.ts';
import { isPort } from './peer-address.ts';

/** Longest tracker id that is taken from an answer or sent, in bytes. */
export const MAX_TRACKER_ID_LENGTH = 1_024;
const HASH_LENGTH = 20;
const MAX_IP_LENGTH = 255;
const EVENTS: ReadonlySet<AnnounceEvent> = new Set<AnnounceEvent>(['started', 'completed', 'stopped']);

/** Checks what the caller wants to announce. @throws {RangeError}, or {TypeError} for an event that is none. */
export function checkRequest(request: AnnounceRequest): void {
  const { infoHash, peerId, port, event, numWant, key, trackerId, ip } = request;
  check(infoHash.length === HASH_LENGTH, `an info hash of ${infoHash.length} bytes`, 'it must be 20');
  check(peerId.length === HASH_LENGTH, `a peer id of ${peerId.length} bytes`, 'it must be 20');
  check(isPort(port), `port ${port}`, 'it must be 1 to 65535');
  for (const name of ['uploaded', 'downloaded', 'left'] as const) checkCount(name, request[name]);
  if (numWant !== undefined) checkCount('numWant', numWant);
  check(key === undefined || key >>> 0 === key, `key ${key}`, 'it must be a whole number of 32 bits');
  const idLength = trackerId?.length ?? 0;
  check(idLength <= MAX_TRACKER_ID_LENGTH, `a tracker id of ${idLength} bytes`, 'it must be at most 1024');
  const ipLength = ip?.length ?? 0;
  check(ipLength <= MAX_IP_LENGTH, `an ip of ${ipLength} characters`, 'it must be at most 255');
  if (event !== undefined && !EVENTS.has(event)) {
    throw new TypeError(`Cannot announce event ${event}: it must be started, completed or stopped`);
  }
}

function checkCount(name: string, count: number): void {
  check(
    Number.isSafeInteger(count) && count >= 0,
    `${name} ${count}`,
    'it must be a whole number of at least 0',
  );
}

function check(isValid: boolean, what: string, expected: string): void {
  if (!isValid) throw new RangeError(`Cannot announce ${what}: ${expected}`);
}
