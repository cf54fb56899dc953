import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** As much of webtorrent as is used here. */
interface WebTorrentClient {
  on(event: 'error', listener: (error: unknown) => void): void;
  add(torrent: string, options: { readonly path: string }): WebTorrentTorrent;
  destroy(done: (error: unknown) => void): void;
}

interface WebTorrentTorrent {
  on(event: 'done', listener: () => void): void;
}

interface WebTorrentModule {
  readonly default: new (options: object) => WebTorrentClient;
}

// webtorrent-process.ts MODULE [TORRENT FOLDER]: downloads a torrent with webtorrent, plain TCP, and ends when all of it
// is written. Without a torrent it only tells, by its exit code, whether webtorrent can be loaded.
const [path = '', torrent, folder = ''] = process.argv.slice(2);

// WebRTC comes as native code from an install script, which was not run; without it webtorrent does TCP only.
const NO_WEBRTC =
  'data:text/javascript,export let RTCPeerConnection, RTCSessionDescription, RTCIceCandidate; export default {};';
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'webrtc-polyfill'
      ? { url: NO_WEBRTC, format: 'module', shortCircuit: true }
      : next(specifier, context),
});

const { default: WebTorrent }: WebTorrentModule = await import(pathToFileURL(path).href);
if (torrent !== undefined) {
  const client = new WebTorrent({
    dht: false,
    lsd: false,
    natPmp: false,
    natUpnp: false,
    secure: 0, // no encryption
    utPex: false,
    utp: false,
  });
  client.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  // A piece counts as done once its store has written it.
  client.add(torrent, { path: folder }).on('done', () => client.destroy(() => process.exit()));
}
