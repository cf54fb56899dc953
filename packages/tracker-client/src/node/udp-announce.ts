import type { AnnounceRequest, AnnounceResponse } from '../announce.ts';
import { checkRequest } from '../check-request.ts';
import { DEFAULT_MAX_PEERS } from '../decode-announce-response.ts';
import { PeerCollector } from '../peer-collector.ts';
import { decodeUdpAnnounce } from '../udp/decode-udp.ts';
import { encodeUdpAnnounce } from '../udp/encode-udp.ts';
import { requireUdpUrl } from '../udp/udp-url.ts';
import type { Environment } from './environment.ts';
import type { AnnounceOptions } from './options.ts';
import type { UdpEnvironment } from './udp-environment.ts';
import { askUdpTracker } from './udp-tracker.ts';

/** `announce` to a UDP tracker (BEP 15, 41), with the world around it given. */
export async function announceUdp(
  environment: Environment,
  tracker: string,
  request: AnnounceRequest,
  options: AnnounceOptions,
  udp?: UdpEnvironment,
): Promise<AnnounceResponse> {
  const { path } = requireUdpUrl(tracker);
  checkRequest(request);
  const { maxPeers = DEFAULT_MAX_PEERS } = options;
  const urlData = path === '/' ? '' : path;
  const answers = await askUdpTracker<AnnounceResponse>({
    environment,
    udp,
    tracker,
    options,
    // BEP 15: over IPv6 the field is of no use.
    encode: (head, family) =>
      encodeUdpAnnounce(head, family === 4 ? request : { ...request, ip: undefined }, urlData),
    decode: (packet, transactionId, family) =>
      decodeUdpAnnounce(packet, { transactionId, tracker, family, maxPeers }),
  });
  return merge(answers, maxPeers);
}

/** Makes one answer of those that a tracker gave over IPv6 and IPv4: it counts one swarm, but tells each half of it. */
function merge(answers: readonly AnnounceResponse[], maxPeers: number): AnnounceResponse {
  const collector = new PeerCollector(maxPeers);
  // In turn, so that the limit leaves some of both.
  const longest = Math.max(...answers.map(({ peers }) => peers.length));
  const peers = Array.from({ length: longest }, (_, index) =>
    answers.flatMap((answer) => answer.peers.slice(index, index + 1)),
  ).flat();
  collector.addAll(peers, peers.length);
  const most = (field: 'seeders' | 'leechers'): number =>
    Math.max(...answers.map((answer) => answer[field] ?? 0));
  return {
    peers: collector.peers,
    intervalMs: Math.max(...answers.map(({ intervalMs }) => intervalMs)),
    seeders: most('seeders'),
    leechers: most('leechers'),
    issues: [...answers.flatMap(({ issues }) => issues), ...collector.issues()],
  };
}
