import type { AnnounceRequest } from './announce.ts';
import { checkRequest } from './check-request.ts';
import { encodePercent } from './percent.ts';
import { formatHttpUrl, requireHttpUrl } from './tracker-url.ts';

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
