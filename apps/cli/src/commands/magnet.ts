import { formatMagnet } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { escape } from '../escape.ts';
import { readSource } from '../source.ts';

export interface MagnetFlags {
  /** `false` for `--no-trackers`. */
  readonly trackers?: boolean;
}

/** Prints the magnet link of a torrent. */
export async function magnetCommand(torrent: string, flags: MagnetFlags, context: Context): Promise<void> {
  const source = await readSource(torrent, context);
  const hasTrackers = flags.trackers !== false;
  if (source.type === 'magnet') {
    const { magnet } = source;
    context.out.line(escape(formatMagnet(hasTrackers ? magnet : { ...magnet, trackers: [] })));
    return;
  }
  const { metainfo } = source;
  if (metainfo.isPrivate && hasTrackers) {
    context.err.line('The torrent is private: the link holds its trackers, and maybe a key that is yours.');
  }
  const link = formatMagnet({
    infoHash: metainfo.infoHash,
    name: metainfo.name,
    length: metainfo.layout.totalLength,
    trackers: hasTrackers ? metainfo.tiers.flat() : [],
    webSeeds: metainfo.webSeeds,
  });
  context.out.line(escape(link));
}
