import { formatInfoHash, type Magnet } from '@millrace/metainfo';
import { foreign } from './escape.ts';

/** Returns what to call a magnet link until its metadata is here; may be shown as it is. */
export function sourceName({ name, infoHash }: Magnet): string {
  return name === undefined ? formatInfoHash(infoHash) : foreign(name);
}
