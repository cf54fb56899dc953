/** What somebody would write who uses one layer each in any runtime: type-checked without Node's types. */
export const PORTABLE_PROGRAM = `
import { decode, encode, type BencodeValue } from '@millrace/bencode';
import {
  createPeerId, createTorrent, fileFromBytes, formatInfoHash, parseMetainfo, type Metainfo, type PeerId,
} from '@millrace/metainfo';
import { encodeMessage, MessageDecoder, type PeerMessage } from '@millrace/peer-wire';
import { encodeAnnounceUrl, type AnnounceRequest } from '@millrace/tracker-client';

const value: BencodeValue = decode(encode({ spam: ['eggs', 7] }));
if (!(value instanceof Map)) throw new Error('a dictionary is a Map');

const payload = new Uint8Array(40_000).fill(7);
const tiers = [['http://tracker.invalid/announce']];
const bytes = await createTorrent([fileFromBytes([], payload)], { name: 'seven.bin', tiers, pieceLength: 16_384 });
export const metainfo: Metainfo = parseMetainfo(bytes);
if (metainfo.layout.pieceCount !== 3) throw new Error('40,000 bytes are three pieces of 16 KiB');

const peerId: PeerId = createPeerId((length) => new Uint8Array(length), '0.1.0');
const request: AnnounceRequest = {
  infoHash: metainfo.infoHash, peerId, port: 6881, uploaded: 0, downloaded: 0, left: metainfo.layout.totalLength,
};
const url: string = encodeAnnounceUrl('http://tracker.invalid/announce', request);
if (!url.includes('left=40000')) throw new Error(url);
const hash: string = formatInfoHash(metainfo.infoHash);
if (!/^[0-9a-f]{40}$/.test(hash)) throw new Error(hash);

const seen: PeerMessage['type'][] = [];
const sink = { blockTarget: (): Uint8Array | undefined => undefined };
new MessageDecoder().push(encodeMessage({ type: 'have', index: 3 }), sink, (message) => void seen.push(message.type));
if (seen.join() !== 'have') throw new Error(seen.join());
`;

/** The same, and a download, for Node: it is run, and ends at once because its signal is aborted. */
export const PROGRAM = `${PORTABLE_PROGRAM}
import type { DownloadEvent } from '@millrace/downloader';
import { download, type Download } from '@millrace/downloader/node';

const stop = new AbortController();
const events: DownloadEvent[] = [];
const running: Download = download(metainfo, {
  path: 'seven.bin', trackers: [], peers: [{ host: '127.0.0.1', port: 9 }], signal: stop.signal,
  onEvent: (event) => void events.push(event),
});
stop.abort(new Error('stopped'));
await running.done.then(
  () => { throw new Error('a stopped download is not done'); },
  (reason: unknown) => { if (reason !== stop.signal.reason) throw reason; },
);
`;
