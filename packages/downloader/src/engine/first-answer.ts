import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import { Connector, type Dial } from './connector.ts';
import type { Identity } from './introduction.ts';
import type { PeerPool } from './peer-pool.ts';
import { PeerProbe, type PeerAnswer } from './peer-probe.ts';

export interface FirstAnswerOptions {
  readonly identity: Identity;
  readonly pool: PeerPool;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly onEvent: (event: DownloadEvent) => void;
}

const TICK_MS = 500;
/** Peers asked at once: one is enough. */
const MAX_PEERS = 8;

/**
 * Shakes hands with a torrent's peers until one answers, and hangs up on all of them.
 *
 * @throws {DownloadError} `NO_SOURCES`. Rejects with the signal's reason when it aborts.
 */
export async function firstAnswer(options: FirstAnswerOptions, signal: AbortSignal): Promise<PeerAnswer> {
  signal.throwIfAborted();
  const { identity, pool, dial, clock, onEvent } = options;
  if (pool.isEmpty) throw new DownloadError({ code: 'NO_SOURCES' });
  const outcome = Promise.withResolvers<PeerAnswer>();
  const halt = new AbortController();
  const nowMs = (): number => clock.now();
  const connector: Connector<PeerProbe> = new Connector({
    list: pool.list,
    dial,
    maxPeers: MAX_PEERS,
    now: nowMs,
    makePeer: (newPeer) =>
      new PeerProbe({
        ...newPeer,
        identity,
        nowMs,
        onAnswer: outcome.resolve,
        onClose: (probe, reason) => {
          connector.ended(probe, reason);
          if (!halt.signal.aborted) onEvent({ type: 'peerDropped', peer: probe.name, reason });
        },
      }),
    signal: halt.signal,
  });
  const connectMore = (): void => {
    if (!connector.connect(TICK_MS)) pool.wantMore();
  };
  let timer: Timer | undefined;
  const tick = (): void => {
    timer = clock.setTimer(TICK_MS, tick);
    for (const peer of connector.peers) peer.tick(clock.now());
    connectMore();
  };
  const onAbort = (): void => outcome.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  pool.open({ onPeers: connectMore, onError: outcome.reject });
  tick();
  try {
    return await outcome.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer?.cancel();
    halt.abort();
    await connector.close(halt.signal.reason);
  }
}
