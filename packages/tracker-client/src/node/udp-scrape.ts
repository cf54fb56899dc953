import { formatInfoHash, type InfoHash } from '@millrace/metainfo';
import type { ScrapeEntry } from '../scrape.ts';
import { decodeUdpScrape } from '../udp/decode-udp.ts';
import { encodeUdpScrape } from '../udp/encode-udp.ts';
import { MAX_UDP_SCRAPE } from '../udp/udp-packet.ts';
import type { Environment } from './environment.ts';
import type { ScrapeOptions } from './options.ts';
import type { UdpEnvironment } from './udp-environment.ts';
import { askUdpTracker } from './udp-tracker.ts';

/**
 * `scrape` of a UDP tracker (BEP 15), with the world around it given. It tells nothing of torrents it does not know:
 * they come out as zeros.
 */
export async function scrapeUdp(
  environment: Environment,
  tracker: string,
  infoHashes: readonly InfoHash[],
  options: ScrapeOptions,
  udp?: UdpEnvironment,
): Promise<ReadonlyMap<string, ScrapeEntry>> {
  if (infoHashes.length === 0) throw new RangeError('Cannot scrape: there must be an info hash at least');
  const unique = [...new Map(infoHashes.map((infoHash) => [formatInfoHash(infoHash), infoHash])).values()];
  const found = new Map<string, ScrapeEntry>();
  for (let start = 0; start < unique.length; start += MAX_UDP_SCRAPE) {
    const asked = unique.slice(start, start + MAX_UDP_SCRAPE);
    const [entries = []] = await askUdpTracker<readonly ScrapeEntry[]>({
      environment,
      udp,
      tracker,
      options,
      encode: (head) => encodeUdpScrape(head, asked),
      decode: (packet, transactionId) => decodeUdpScrape(packet, asked.length, { transactionId, tracker }),
    });
    for (const [index, infoHash] of asked.entries()) {
      const entry = entries[index];
      if (entry !== undefined) found.set(formatInfoHash(infoHash), entry);
    }
  }
  return found;
}
