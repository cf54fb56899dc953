import { readFileSync } from 'node:fs';
import { parseMetainfo } from '@millrace/metainfo';
import { parsePeerAddress } from '@millrace/tracker-client';
import { DownloadError } from '../error.ts';
import { download } from '../node/download.ts';

// A process of its own: `download-child.ts <torrent> <host:port> <path> [<file>…]`. Says how it ended, if it lives to.
const [torrent = '', peer = '', path = '', ...files] = process.argv.slice(2);
const running = download(parseMetainfo(readFileSync(torrent)), {
  path,
  peers: [parsePeerAddress(peer)],
  trackers: [],
  ...(files.length > 0 && { files: files.map(Number) }),
});
try {
  const { bytes } = await running.done;
  process.stdout.write(`done ${bytes}\n`);
} catch (error) {
  process.stdout.write(`failed ${DownloadError.is(error) ? error.code : String(error)}\n`);
}
