import type * as DhtNodePackage from '@millrace/dht/node';
import type * as DownloaderNode from '@millrace/downloader/node';
import type * as PeerWireNode from '@millrace/peer-wire/node';
import type * as TrackerClientNode from '@millrace/tracker-client/node';

/** The layers that reach out to the network, loaded when first asked for. Tests put their own here. */
export interface Layers {
  readonly downloader: () => Promise<
    Pick<
      typeof DownloaderNode,
      'download' | 'downloadPiece' | 'fetchMetainfo' | 'openClient' | 'probePeer' | 'rememberedFiles'
    >
  >;
  readonly dht: () => Promise<Pick<typeof DhtNodePackage, 'DhtNode' | 'formatAddress' | 'PUBLIC_ROUTERS'>>;
  readonly peerWire: () => Promise<Pick<typeof PeerWireNode, 'probeHandshake'>>;
  readonly trackerClient: () => Promise<
    Pick<typeof TrackerClientNode, 'announce' | 'proxyFromEnvironment' | 'scrape'>
  >;
}

export const INSTALLED_LAYERS: Layers = {
  downloader: () => import('@millrace/downloader/node'),
  dht: () => import('@millrace/dht/node'),
  peerWire: () => import('@millrace/peer-wire/node'),
  trackerClient: () => import('@millrace/tracker-client/node'),
};
