import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerList } from '../policy/peer-list.ts';
import type { TorrentPeer } from './peer-owner.ts';

/** Time after which a peer that has nothing for us makes room for another. */
const MAX_IDLE_MS = 60_000;
/** The same for one that chokes us: others let strangers in for half a minute, in turns. */
const MAX_CHOKED_MS = 120_000;
/** The same for one that waits for its turn with us. */
const MAX_WAITING_MS = 300_000;

/** Finds the peer that has been of no use to us for a while, nor we to it, and is not going to; of several, the least preferred. */
export function idlePeer<P extends TorrentPeer>(
  peers: Iterable<P>,
  list: PeerList,
  nowMs: number,
): P | undefined {
  const idle: P[] = [];
  for (const peer of peers) {
    const { leftCount, lastUseMs, session } = peer;
    if (leftCount > 0 && !peer.isRefusing(nowMs)) continue;
    const patienceMs = session.remote.interested
      ? MAX_WAITING_MS
      : leftCount > 0
        ? MAX_CHOKED_MS
        : MAX_IDLE_MS;
    if (nowMs - lastUseMs >= patienceMs) idle.push(peer);
  }
  return leastPreferred(idle, list);
}

/** Finds a peer that gives us nothing and gets nothing, if BEP 40 prefers one at this address to it. */
export function lesserPeer<P extends TorrentPeer>(
  peers: Iterable<P>,
  list: PeerList,
  address: PeerAddress,
): P | undefined {
  const useless = Array.from(peers).filter(
    ({ isOpen, usefulLength, session }) => isOpen && usefulLength === 0 && session.local.choking,
  );
  const least = leastPreferred(useless, list);
  const isLesser = least !== undefined && list.priorityOf(address) > list.priorityOf(least.address);
  return isLesser ? least : undefined;
}

function leastPreferred<P extends TorrentPeer>(
  [first, ...others]: readonly P[],
  list: PeerList,
): P | undefined {
  if (first === undefined) return undefined;
  let least = { peer: first, priority: list.priorityOf(first.address) };
  for (const peer of others) {
    const priority = list.priorityOf(peer.address);
    if (priority < least.priority) least = { peer, priority };
  }
  return least.peer;
}
