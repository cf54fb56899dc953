import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { formatInfoHash, sha1, type InfoHash } from '@millrace/metainfo';

/**
 * Where it is remembered from run to run what is there: in files below a folder that is for nothing else, or in one hidden
 * file `.<info hash>.resume` beside the content.
 */
export type StatePlace =
  | {
      readonly folder: string;
      /** Time between two saves while downloading, in milliseconds. @defaultValue 15_000 */
      readonly intervalMs?: number;
    }
  | 'beside';

/** The file that remembers one copy of a torrent. */
export interface ResumePlace {
  readonly path: string;
  /** What the copy is called in there. */
  readonly root: string;
}

/** @param root - The content's own file or folder: an absolute path. */
export function resumePlace(place: StatePlace, infoHash: InfoHash, root: string): ResumePlace {
  if (place === 'beside')
    return { path: join(dirname(root), `.${formatInfoHash(infoHash)}.resume`), root: basename(root) };
  return { path: join(place.folder, `${copyName(infoHash, root)}.resume`), root: realPath(root) };
}

/** Returns letters and digits that stand for one copy of a torrent on this machine. */
export function copyName(infoHash: InfoHash, root: string): string {
  const copy = Buffer.from(sha1(new TextEncoder().encode(realPath(root))));
  return `${formatInfoHash(infoHash)}-${copy.toString('hex', 0, 8)}`;
}

/** Returns what a path is by its proper name; what does not exist yet has none but its own. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPath(above), basename(path));
  }
}
