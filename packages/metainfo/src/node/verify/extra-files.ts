import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** More are not named: whoever verifies a home folder by mistake learns no more from them. */
const MAX_EXTRA_FILES = 1000;

/**
 * Lists what is in a folder and is not of a torrent, without following links: paths below it, with `/`, sorted.
 *
 * @param names - Absolute paths that belong to the torrent.
 * @param ownFolder - A folder of a download's own, which is not looked into.
 */
export async function findExtraFiles(
  root: string,
  names: ReadonlySet<string>,
  ownFolder: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  const folders: (readonly string[])[] = [[]];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(join(root, ...folder))) {
      const path = [...folder, entry.name];
      if (entry.isDirectory()) {
        if (path.length > 1 || entry.name !== ownFolder) folders.push(path);
      } else if (!names.has(join(root, ...path))) {
        found.push(path.join('/'));
        if (found.length === MAX_EXTRA_FILES) return found.toSorted();
      }
    }
  }
  return found.toSorted();
}

/** What cannot be listed holds nothing that could be told of. */
async function entriesOf(folder: string) {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}
