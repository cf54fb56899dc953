import { DEFAULT_MAX_CONNECTIONS } from '../policy/connection-limits.ts';
import { ClientNetwork, type ClientOptions } from './client-network.ts';
import { closing, startDownload, type Download, type DownloadOptions } from './start-download.ts';
import type { TorrentSource } from './swarm-options.ts';

/**
 * Downloads one torrent, with a client of its own: see `Client.download`. It has places for `maxPeers`, however many.
 *
 * @throws {RangeError} at once, if a limit is not a whole number of at least 1, or `files` is empty or names one that is
 * not there; of a magnet link, `done` rejects with the latter.
 * @example
 * ```ts
 * await using running = download(parseMetainfo(bytes), { path: 'debian.iso', signal });
 * const { files } = await running.done;
 * ```
 */
export function download(source: TorrentSource, options: DownloadOptions & ClientOptions): Download {
  const { maxPeers = 0, maxConnections = Math.max(maxPeers, DEFAULT_MAX_CONNECTIONS) } = options;
  const network = new ClientNetwork({ ...options, maxConnections });
  let running: Download;
  try {
    running = startDownload(network, source, options);
  } catch (error) {
    void network.close();
    throw error;
  }
  const done = closing(running.done, network);
  return {
    ...running,
    done,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await Promise.allSettled([done]);
    },
  };
}
