import { randomBytes, randomInt } from 'node:crypto';
import { createPeerId, type InfoHash, type PeerId } from '@millrace/metainfo';
import { connectTcp } from '@millrace/peer-wire/node';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Dial } from '../engine/connector.ts';
import type { Torrent } from '../engine/torrent.ts';
import { TrackerSource, type Announce } from '../engine/tracker-source.ts';
import type { DownloadEvent } from '../events.ts';
import { givenPeers, type PeerSource } from '../peer-source.ts';
import { systemClock } from './system-clock.ts';

/** Written into the peer id: `-MR0010-…`. */
const CLIENT_VERSION = '0.0.1';
/** Peers asked of a tracker. BEP 3's default is 50; more than 200 is bad manners. */
const NUM_WANT = 100;

export const dialTcp: Dial = connectTcp;

/** The HTTP client is loaded when the first announce needs it. */
const announce: Announce = async (tracker, request, options) => {
  const client = await import('@millrace/tracker-client/node');
  return client.announce(tracker, request, options);
};

/** Makes a peer id for one run. */
export function newPeerId(): PeerId {
  return createPeerId((length) => new Uint8Array(randomBytes(length)), CLIENT_VERSION);
}

export interface SourcesOptions {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  /** The port that trackers are told. */
  readonly port: number;
  readonly tiers: readonly (readonly string[])[];
  readonly peers: readonly PeerAddress[];
  readonly onEvent: (event: DownloadEvent) => void;
  /** The torrent whose counters are told; it exists by the time of the first announce. */
  readonly torrent: () => Torrent;
}

/** Makes the sources of peers of one torrent: those given, then its trackers. */
export function peerSources(options: SourcesOptions): PeerSource[] {
  const { infoHash, peerId, port, tiers, peers, onEvent, torrent } = options;
  const key = randomInt(2 ** 32);
  const sources: PeerSource[] = peers.length === 0 ? [] : [givenPeers(peers)];
  if (tiers.some((tier) => tier.length > 0)) {
    sources.push(
      new TrackerSource({
        tiers,
        announce,
        clock: systemClock,
        random: Math.random,
        onEvent,
        request: (event) => {
          const { bytesMissing, downloadedBytes } = torrent().statistics();
          return {
            infoHash,
            peerId,
            port,
            key,
            uploaded: 0,
            downloaded: downloadedBytes,
            left: bytesMissing,
            numWant: event === 'stopped' ? 0 : NUM_WANT,
            ...(event === undefined ? {} : { event }),
          };
        },
      }),
    );
  }
  return sources;
}
