import type { AnnounceRequest, AnnounceResponse } from '../announce.ts';
import { decodeAnnounceResponse } from '../decode-announce-response.ts';
import { encodeAnnounceUrl } from '../encode-announce-url.ts';
import { isUdpUrl } from '../udp/udp-url.ts';
import { askTracker } from './ask-tracker.ts';
import type { Environment } from './environment.ts';
import { resolveOptions, type AnnounceOptions } from './options.ts';
import { udpThroughProxy } from './proxy.ts';

/** `announce`, with the world around it given. */
export async function announceIn(
  environment: Environment,
  tracker: string,
  request: AnnounceRequest,
  options: AnnounceOptions,
): Promise<AnnounceResponse> {
  const { signal } = options;
  signal?.throwIfAborted();
  const limits = resolveOptions(options);
  if (isUdpUrl(tracker)) {
    if (limits.proxy !== undefined) throw udpThroughProxy(tracker);
    // Not loaded by who asks HTTP trackers only.
    const { announceUdp } = await import('./udp-announce.ts');
    return announceUdp(environment, tracker, request, options);
  }
  const url = encodeAnnounceUrl(tracker, request);
  const { maxPeers } = limits;
  const decode = (body: Uint8Array): AnnounceResponse => decodeAnnounceResponse(body, { maxPeers, tracker });
  return askTracker({ environment, tracker, url, limits, signal, decode });
}
