import { BencodeError, decode, encode, scan } from '@millrace/bencode';
import { DhtError, decodeMessage, decodeState, encodeState } from '@millrace/dht';
import {
  createPeerId,
  formatMagnet,
  infoHash,
  MetainfoError,
  parseInfo,
  parseMagnet,
  parseMetainfo,
  peerId,
  toLocalPaths,
} from '@millrace/metainfo';
import {
  decodeMetadataMessage,
  decodePexMessage,
  encodeHandshake,
  encodeMessage,
  encodeMetadataMessage,
  encodePexMessage,
  LtDontHave,
  PeerSession,
  PeerWireError,
  RESERVED_BIT,
  reservedBytes,
  UtMetadata,
  UtPex,
} from '@millrace/peer-wire';
import { askNode, DHT_NODE, dhtPackets } from './dht-node.ts';
import {
  decodeAnnounceResponse,
  decodeScrapeResponse,
  decodeUdpAnnounce,
  decodeUdpConnect,
  decodeUdpScrape,
  TrackerError,
} from '@millrace/tracker-client';

/** Something that reads what strangers write. */
export interface Codec {
  readonly name: string;
  /** Inputs that it takes, to be damaged. */
  readonly samples: readonly Uint8Array[];
  read(input: Uint8Array): void;
  /** Whether an error is its way of refusing an input; any other is a fault. */
  isRefusal(error: unknown): boolean;
}

const HASH = infoHash(new Uint8Array(20).fill(7));
const PIECE_COUNT = 100;
const UDP_TRANSACTION = 0x01020304;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const INFO = {
  files: [
    { length: 70_000, path: ['folder', 'one.txt'] },
    { length: 3, path: ['two'], attr: 'x' },
    { length: 0, path: ['CON', '..', 'a\u0000b'] },
  ],
  name: 'sample',
  'piece length': 16_384,
  pieces: new Uint8Array(100),
};
const TORRENT = encode({
  announce: 'http://tracker.example/announce',
  'announce-list': [['http://tracker.example/announce'], ['udp://tracker.example:80']],
  'creation date': 1_700_000_000,
  info: INFO,
  'url-list': ['http://seed.example/'],
});
const RESERVED = reservedBytes(RESERVED_BIT.extensionProtocol, RESERVED_BIT.fastExtension);

export const CODECS: readonly Codec[] = [
  {
    name: 'bencode: decode, scan',
    samples: [TORRENT, bytes('d1:ai-5e1:bl3:abci0eee'), bytes('i123456789012345678901234567890e')],
    read: (input) => {
      decode(input, { strict: false });
      scan(input);
    },
    isRefusal: (error) => BencodeError.is(error),
  },
  {
    name: 'metainfo: parseMetainfo, toLocalPaths',
    samples: [TORRENT],
    read: (input) => void toLocalPaths(parseMetainfo(input)),
    isRefusal: (error) => MetainfoError.is(error),
  },
  {
    name: 'metainfo: parseInfo',
    samples: [encode(INFO)],
    read: (input) => void parseInfo(input),
    isRefusal: (error) => MetainfoError.is(error),
  },
  {
    name: 'metainfo: parseMagnet',
    samples: [
      formatMagnet({ infoHash: HASH, name: 'ä name', trackers: ['udp://tracker.example:80/a?b=c'] }),
      `magnet:?xt=urn:btih:${'A'.repeat(32)}&so=0,2-9,17&x.pe=192.0.2.7:6881&x.pe=[2001:db8::1]:1&tr.1=http%3A%2F%2Fa`,
      `magnet:?xt.1=urn:btmh:1220${'ab'.repeat(32)}&xt.2=urn:btih:${'0f'.repeat(20)}&amp;dn=%zz+b`,
    ].map(bytes),
    read: (input) => void parseMagnet(new TextDecoder('latin1').decode(input)),
    isRefusal: (error) => MetainfoError.is(error),
  },
  {
    name: 'tracker-client: decodeAnnounceResponse',
    samples: [
      encode({ interval: 1800, peers: new Uint8Array(60).fill(9), peers6: new Uint8Array(36).fill(9) }),
      encode({ interval: 60, peers: [{ ip: '192.0.2.1', port: 80, 'peer id': new Uint8Array(20) }] }),
      encode({ 'failure reason': 'no', 'retry in': 'never' }),
    ],
    read: (input) => void decodeAnnounceResponse(input),
    isRefusal: (error) => TrackerError.is(error),
  },
  {
    name: 'tracker-client: decodeScrapeResponse',
    samples: [
      encode({
        files: new Map([[HASH, { complete: 3, incomplete: 2, downloaded: 9 }]]),
        flags: { min_request_interval: 900 },
      }),
    ],
    read: (input) => void decodeScrapeResponse(input),
    isRefusal: (error) => TrackerError.is(error),
  },
  {
    name: 'tracker-client: UDP answers',
    samples: [
      udpAnswer(0, new Uint8Array(8).fill(7)),
      udpAnswer(1, new Uint8Array(12 + 36).fill(9)),
      udpAnswer(2, new Uint8Array(24)),
      udpAnswer(3, bytes('no such torrent')),
    ],
    read: (input) => {
      const options = { transactionId: UDP_TRANSACTION };
      const decoders = [
        () => decodeUdpConnect(input, options),
        () => decodeUdpAnnounce(input, { ...options, family: 4 }),
        () => decodeUdpAnnounce(input, { ...options, family: 6 }),
        () => decodeUdpScrape(input, 2, options),
      ];
      // Which one it is for is in its first bytes, damaged or not.
      decoders[(input[3] ?? 0) % decoders.length]?.();
    },
    isRefusal: (error) => TrackerError.is(error),
  },
  {
    name: 'peer-wire: decodeMetadataMessage',
    samples: [
      encodeMetadataMessage({ type: 'request', piece: 3 }),
      encodeMetadataMessage({ type: 'reject', piece: 3 }),
      encodeMetadataMessage({ type: 'data', piece: 0, totalSize: 40, data: new Uint8Array(40) }),
    ],
    read: (input) => void decodeMetadataMessage(input),
    isRefusal: (error) => PeerWireError.is(error),
  },
  {
    name: 'peer-wire: decodePexMessage',
    samples: [
      encodePexMessage({
        added: [
          { host: '192.0.2.1', port: 6881, uploadOnly: true, isReachable: true },
          { host: '2001:db8::1', port: 6881, uploadOnly: false, isReachable: false },
        ],
        dropped: [{ host: '192.0.2.2', port: 1 }],
      }),
    ],
    read: (input) => void decodePexMessage(input),
    isRefusal: (error) => PeerWireError.is(error),
  },
  {
    name: 'dht: decodeMessage',
    samples: dhtPackets(),
    read: (input) => void decodeMessage(input),
    isRefusal: (error) => DhtError.is(error),
  },
  {
    name: 'dht: a node that is sent packets, as answers too',
    samples: dhtPackets(),
    read: askNode,
    isRefusal: () => false, // it never throws
  },
  {
    name: 'dht: decodeState',
    samples: [encodeState([{ family: 4, id: HASH, contacts: [{ id: HASH, endpoint: DHT_NODE }] }])],
    read: (input) => void decodeState(input),
    isRefusal: (error) => DhtError.is(error),
  },
  {
    name: 'peer-wire: PeerSession with every extension',
    samples: streams(),
    read: readStream,
    isRefusal: (error) => PeerWireError.is(error),
  },
];

function udpAnswer(action: number, rest: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, action);
  head.setUint32(4, UDP_TRANSACTION);
  return Buffer.concat([new Uint8Array(head.buffer), rest]);
}

/** Whole connections, handshake first. */
function streams(): readonly Uint8Array[] {
  const theirs = peerId(new Uint8Array(20).fill(8));
  const hello = encodeHandshake({ infoHash: HASH, peerId: theirs, reserved: RESERVED });
  const extended = encodeMessage({
    type: 'extended',
    id: 0,
    payload: encode({
      m: { ut_metadata: 2, ut_pex: 1, lt_donthave: 7 },
      metadata_size: 40_000,
      reqq: 500,
      v: 'x',
    }),
  });
  const parts = [
    encodeMessage({ type: 'haveAll' }),
    encodeMessage({ type: 'bitfield', bits: new Uint8Array(13).fill(0xf0) }),
    encodeMessage({ type: 'unchoke' }),
    encodeMessage({ type: 'have', index: 5 }),
    encodeMessage({ type: 'allowedFast', index: 5 }),
    encodeMessage({ type: 'port', port: 6881 }),
    encodeMessage({ type: 'reject', index: 5, begin: 0, length: 16_384 }),
    encodeMessage({ type: 'request', index: 5, begin: 0, length: 16_384 }),
    encodeMessage({ type: 'extended', id: 3, payload: encodeMetadataMessage({ type: 'request', piece: 0 }) }),
  ];
  return parts.map((part) => Buffer.concat([hello, extended, part, ...parts]));
}

function readStream(input: Uint8Array): void {
  const target = new Uint8Array(16_384);
  const session = new PeerSession({
    handshake: {
      infoHash: HASH,
      peerId: createPeerId((length) => new Uint8Array(length), '0.0.1'),
      reserved: RESERVED,
    },
    pieceCount: PIECE_COUNT,
    nowMs: 0,
    extended: { metadataSize: 40_000, requestQueueLength: 250 },
    extensions: [
      new LtDontHave({ onDontHave: () => {} }),
      new UtMetadata({ metadata: new Uint8Array(40_000) }),
      new UtPex({ onPeers: () => {}, peers: () => [] }),
    ],
  });
  const handler = {
    blockTarget: ({ length }: { readonly length: number }) => target.subarray(0, length),
    onHandshake: () => {},
    onMessage: () => {},
  };
  // Cut where it hurts, in one place that the input itself decides.
  const cut = (input[input.length - 1] ?? 0) % (input.length + 1);
  session.receive(input.subarray(0, cut), 1, handler);
  session.receive(input.subarray(cut), 2, handler);
  session.tick(60_000);
  session.takeOutput(60_000);
}
