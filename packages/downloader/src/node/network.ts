import { createPeerId, type InfoHash, type PeerId } from '@millrace/metainfo';
import { connectTcp } from '@millrace/peer-wire/node';
import type { Dial } from '../engine/connector.ts';
import { TrackerSource, type Announce } from '../engine/tracker-source.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import type { SwarmOptions } from './swarm-options.ts';
import { systemClock } from './system-clock.ts';

// Not an `import`, which reads all that the module has: that alone loads Web Crypto, at each start.
const { randomBytes, randomInt } = process.getBuiltinModule('node:crypto');

/** Written into the peer id: `-MR0010-…`. */
const CLIENT_VERSION = '0.0.1';
/** What peers are told that we are. */
export const CLIENT_NAME: string = `millrace ${CLIENT_VERSION}`;
/** Peers asked of a tracker. BEP 3's default is 50; more than 200 is bad manners. */
const NUM_WANT = 100;

/** Opens connections over TCP, from one address of this machine if there is to be one. */
export function dialFrom(localAddress: string | undefined): Dial {
  if (localAddress === undefined) return connectTcp;
  return (address, handler, options) => connectTcp(address, handler, { ...options, localAddress });
}

/** Makes a peer id for one run. */
export function newPeerId(): PeerId {
  return createPeerId((length) => new Uint8Array(randomBytes(length)), CLIENT_VERSION);
}

/** How trackers are reached. */
export interface TrackerWay {
  readonly localAddress: string | undefined;
  readonly proxy: SwarmOptions['proxy'];
  readonly allowPrivateTrackers: boolean | undefined;
}

/** Bytes that were given, bytes that came, and bytes of the whole torrent that are missing. */
export interface TransferProgress {
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
}

export interface TrackersOptions {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  /** The port that trackers are told. */
  readonly port: () => number;
  readonly tiers: readonly (readonly string[])[];
  readonly announceToAll: boolean | undefined;
  readonly way: TrackerWay;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Told the address at which a tracker sees us. */
  readonly onExternalAddress: (host: string) => void;
  readonly progress: () => TransferProgress;
}

/** Makes the source of peers that a torrent's trackers are. */
export function trackers(options: TrackersOptions): PeerSource {
  const { infoHash, peerId, port, tiers, announceToAll, way, onEvent, onExternalAddress, progress } = options;
  const key = randomInt(2 ** 32);
  return new TrackerSource({
    tiers,
    announceToAll,
    announce: announceBy(way),
    clock: systemClock,
    random: Math.random,
    onEvent,
    onExternalAddress,
    request: (event) => ({
      infoHash,
      peerId,
      port: port(),
      key,
      ...progress(),
      numWant: event === 'stopped' ? 0 : NUM_WANT,
      ...(event === undefined ? {} : { event }),
    }),
  });
}

/** The client is loaded when the first announce needs it. */
function announceBy({ localAddress, proxy, allowPrivateTrackers }: TrackerWay): Announce {
  return async (tracker, request, options) => {
    const client = await import('@millrace/tracker-client/node');
    const through = typeof proxy === 'function' ? proxy(tracker) : proxy;
    return client.announce(tracker, request, {
      ...options,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(through === undefined ? {} : { proxy: through }),
      ...(allowPrivateTrackers === undefined ? {} : { allowPrivate: allowPrivateTrackers }),
    });
  };
}
