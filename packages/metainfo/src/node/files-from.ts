import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { InputFile } from '../input-file.ts';

const CHUNK_LENGTH = 1024 * 1024;

/** What `createTorrent` needs to know of a file or folder on disk. */
export interface FilesFrom {
  /** The last component of the path. */
  readonly name: string;
  readonly files: readonly InputFile[];
}

/**
 * Lists the file at `path`, or all files below the folder there, in an order that depends on their names only. They
 * are opened when they are read. Symbolic links below the folder, and whatever else is no regular file, are left out.
 *
 * @throws {Error} of `node:fs` if something cannot be read.
 */
export async function filesFrom(
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<FilesFrom> {
  const root = resolve(path);
  const name = basename(root);
  const target = await stat(root);
  if (target.isFile()) return { name, files: [fileAt(root, [], target.size)] };
  const files: InputFile[] = [];
  for (const components of await listFolder(root, options.signal)) {
    options.signal?.throwIfAborted();
    const filePath = join(root, ...components);
    files.push(fileAt(filePath, components, (await stat(filePath)).size));
  }
  return { name, files };
}

async function listFolder(
  root: string,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  const folders: (readonly string[])[] = [[]];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal?.throwIfAborted();
    for (const entry of await readdir(join(root, ...folder), { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push([...folder, entry.name]);
      else if (entry.isFile()) found.push([...folder, entry.name]);
    }
  }
  return found.toSorted(comparePaths);
}

/** Orders by component, so that a folder's files are together, and not by the locale. */
function comparePaths(left: readonly string[], right: readonly string[]): number {
  for (const [depth, component] of left.entries()) {
    const other = right[depth];
    if (other === undefined || component > other) return 1;
    if (component < other) return -1;
  }
  return left.length - right.length;
}

function fileAt(target: string, path: readonly string[], length: number): InputFile {
  return {
    path,
    length,
    async *stream() {
      const buffers: AsyncIterable<Buffer> = createReadStream(target, { highWaterMark: CHUNK_LENGTH });
      for await (const { buffer, byteOffset, length: byteLength } of buffers) {
        yield new Uint8Array(buffer, byteOffset, byteLength);
      }
    },
  };
}
