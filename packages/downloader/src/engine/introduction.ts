import type { InfoHash, PeerId } from '@millrace/metainfo';
import {
  RESERVED_BIT,
  reservedBytes,
  UtMetadata,
  type Extension,
  type PexPeer,
  type SessionOptions,
} from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { DhtContact } from './dht-contact.ts';
import type { PeerExchange } from './peer-exchange.ts';
import { REQUEST_QUEUE_LENGTH } from './upload/peer-uploads.ts';

/** Who we are in a swarm, on every connection. */
export interface Identity {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  /** What we call ourselves: name and version. @defaultValue nothing is said */
  readonly clientName?: string | undefined;
  /** The port that peers can call us at. @defaultValue they cannot */
  readonly port?: number | undefined;
  /** Where peers tell each other of peers; not for private torrents. @defaultValue they do not */
  readonly exchange?: PeerExchange | undefined;
  /** Our node of the DHT, of which peers are told; not for private torrents. @defaultValue there is none */
  readonly dht?: DhtContact | undefined;
}

/** What a session is told about us. */
export type Introduction = Required<Pick<SessionOptions, 'handshake' | 'extended' | 'extensions'>> &
  Pick<Identity, 'dht'>;

const OFFERED: Uint8Array = reservedBytes(RESERVED_BIT.fastExtension, RESERVED_BIT.extensionProtocol);
const OFFERED_WITH_DHT: Uint8Array = reservedBytes(
  RESERVED_BIT.fastExtension,
  RESERVED_BIT.extensionProtocol,
  RESERVED_BIT.dht,
);

/**
 * Says who we are to one peer.
 *
 * @param connected - Whom we are connected to, for those who exchange peers.
 * @param metadata - What is spoken of metadata: an info dictionary to give, or an extension that asks for one.
 */
export function introduce(
  { infoHash, peerId, clientName, port, exchange, dht }: Identity,
  remote: PeerAddress,
  connected: () => Iterable<PexPeer>,
  metadata: Uint8Array | UtMetadata | undefined,
): Introduction {
  const extensions: Extension[] = exchange === undefined ? [] : [exchange.extension(remote, connected)];
  if (metadata instanceof UtMetadata) extensions.push(metadata);
  else if (metadata !== undefined) extensions.push(new UtMetadata({ metadata }));
  return {
    handshake: { infoHash, peerId, reserved: dht?.port === undefined ? OFFERED : OFFERED_WITH_DHT },
    extended: {
      requestQueueLength: REQUEST_QUEUE_LENGTH,
      ...(clientName === undefined ? {} : { version: clientName }),
      ...(port === undefined ? {} : { port }),
      ...(metadata instanceof Uint8Array ? { metadataSize: metadata.length } : {}),
      ...(isIpAddress(remote.host) ? { yourIp: remote.host } : {}),
    },
    extensions,
    dht,
  };
}

/** Tells an IP address, as lists of peers spell it, from a DNS name. */
export function isIpAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
