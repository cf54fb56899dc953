import type { AnnounceRequest, AnnounceResponse } from '../announce.ts';
import { announceIn } from './announce-in.ts';
import { SYSTEM } from './environment.ts';
import type { AnnounceOptions } from './options.ts';

/**
 * Announces to an HTTP or HTTPS tracker and returns its answer. Every announce has a connection of its own, and
 * nothing of it is left when the promise settles. Redirects are followed to HTTP and HTTPS only, never from a public
 * address to one of this machine or its network. Local addresses are asked only for a path with `announce` in it.
 * User name and password in the URL are sent to that origin alone. Certificates are verified.
 *
 * @throws {TrackerError} for whatever the tracker, or the way to it, does wrong.
 * @throws {RangeError} or {TypeError} if the request or an option is not as it must be.
 * @throws the signal's reason.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, trackers}
 */
export async function announce(
  tracker: string,
  request: AnnounceRequest,
  options: AnnounceOptions = {},
): Promise<AnnounceResponse> {
  return announceIn(SYSTEM, tracker, request, options);
}
