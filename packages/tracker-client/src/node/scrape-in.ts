import { formatInfoHash, type InfoHash } from '@millrace/metainfo';
import { decodeScrapeResponse } from '../decode-scrape-response.ts';
import { encodeScrapeUrl } from '../encode-scrape-url.ts';
import type { ScrapeEntry, ScrapeResponse } from '../scrape.ts';
import { isUdpUrl } from '../udp/udp-url.ts';
import { askTracker } from './ask-tracker.ts';
import type { Environment } from './environment.ts';
import { resolveOptions, type ScrapeOptions } from './options.ts';
import { udpThroughProxy } from './proxy.ts';

/** Hashes of one request: their URL stays below the 4 KiB that any server takes. */
const HASHES_PER_REQUEST = 50;

/** `scrape`, with the world around it given. */
export async function scrapeIn(
  environment: Environment,
  tracker: string,
  infoHashes: readonly InfoHash[],
  options: ScrapeOptions,
): Promise<ReadonlyMap<string, ScrapeEntry>> {
  const { signal } = options;
  signal?.throwIfAborted();
  const limits = resolveOptions(options);
  if (isUdpUrl(tracker)) {
    if (limits.proxy !== undefined) throw udpThroughProxy(tracker);
    const { scrapeUdp } = await import('./udp-scrape.ts');
    return scrapeUdp(environment, tracker, infoHashes, options);
  }
  const unique = new Map(infoHashes.map((infoHash) => [formatInfoHash(infoHash), infoHash]));
  const names = [...unique.keys()];
  const found = new Map<string, ScrapeEntry>();
  const decode = (body: Uint8Array): ScrapeResponse => decodeScrapeResponse(body, { tracker });
  for (let start = 0; start === 0 || start < names.length; start += HASHES_PER_REQUEST) {
    const asked = names.slice(start, start + HASHES_PER_REQUEST);
    const url = encodeScrapeUrl(tracker, [...unique.values()].slice(start, start + HASHES_PER_REQUEST));
    const { entries } = await askTracker({ environment, tracker, url, limits, signal, decode });
    for (const name of asked) {
      const entry = entries.get(name);
      if (entry !== undefined) found.set(name, entry);
    }
  }
  return found;
}
