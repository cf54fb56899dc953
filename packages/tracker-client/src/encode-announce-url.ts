import type { AnnounceEvent, AnnounceRequest } from './announce.ts';
import { isPort } from './peer-address.ts';
import { encodePercent } from './percent.ts';
import { formatHttpUrl, requireHttpUrl } from './tracker-url.ts';

/** Longest tracker id that is taken from an answer or sent, in bytes. */
export const MAX_TRACKER_ID_LENGTH = 1_024;
const HASH_LENGTH = 20;
const MAX_IP_LENGTH = 255;
const EVENTS: ReadonlySet<AnnounceEvent> = new Set<AnnounceEvent>(['started', 'completed', 'stopped']);

/**
 * Writes the URL of an announce: the tracker's own, with the request added to its query. Whatever path and query the
 * tracker's URL has stay as they are; peers are asked for in the compact form.
 *
 * @throws {TrackerError} `INVALID_URL` or `UNSUPPORTED_PROTOCOL` if `tracker` is not the URL of an HTTP tracker.
 * @throws {RangeError} if a number or a length in the request is out of range.
 * @throws {TypeError} if `event` is none.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, trackers}
 */
export function encodeAnnounceUrl(tracker: string, request: AnnounceRequest): string {
  const url = requireHttpUrl(tracker);
  const { path } = url;
  const separator = !path.includes('?') ? '?' : /[?&]$/.test(path) ? '' : '&';
  return formatHttpUrl({ ...url, path: `${path}${separator}${encodeQuery(request)}` });
}

function encodeQuery(request: AnnounceRequest): string {
  checkRequest(request);
  const { event, numWant, key, trackerId, ip } = request;
  const parameters: [name: string, value: string][] = [
    ['info_hash', encodePercent(request.infoHash)],
    ['peer_id', encodePercent(request.peerId)],
    ['port', String(request.port)],
    ['uploaded', String(request.uploaded)],
    ['downloaded', String(request.downloaded)],
    ['left', String(request.left)],
    ['compact', '1'],
  ];
  if (event !== undefined) parameters.push(['event', event]);
  if (numWant !== undefined) parameters.push(['numwant', String(numWant)]);
  if (key !== undefined) parameters.push(['key', key.toString(16).padStart(8, '0')]);
  if (ip !== undefined) parameters.push(['ip', encodePercent(new TextEncoder().encode(ip))]);
  if (trackerId !== undefined) parameters.push(['trackerid', encodePercent(trackerId)]);
  return parameters.map((parameter) => parameter.join('=')).join('&');
}

function checkRequest(request: AnnounceRequest): void {
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
