import { formatInfoHash, parseMagnet } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { foreign } from '../escape.ts';

/** A tracker's URL is shown whole: it is what people copy from here. */
const MAX_URL_CODE_POINTS = 2048;

/** Prints the first tracker and the info hash of a magnet link. */
export function magnetParseCommand(link: string, { out }: Context): void {
  const { trackers, infoHash } = parseMagnet(link);
  out.lines([
    `Tracker URL: ${foreign(trackers[0] ?? 'none', MAX_URL_CODE_POINTS)}`,
    `Info Hash: ${formatInfoHash(infoHash)}`,
  ]);
}
