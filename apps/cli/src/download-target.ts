import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { type Metainfo, toLocalName, toLocalPaths } from '@millrace/metainfo';

/** More files than this are not looked for: the first ones tell. */
const MAX_PROBED_FILES = 1000;

/**
 * Decides where the content goes. Without `output`: under the torrent's name, made safe, in the current folder. With
 * an `output` that is a folder, or ends like one: in there, under that name. Otherwise `output` is the target itself.
 *
 * A folder that an earlier run made as the target is one when the command runs again, so a folder that holds files
 * of this torrent is the target, too.
 * What it looks up is a few files, and it is asked in between: when a magnet link has become a torrent.
 */
export function downloadTarget(metainfo: Metainfo, output: string | undefined): string {
  const name = toLocalName(metainfo, { platform: localPlatform() });
  if (output === undefined) return name;
  const inside = path.join(output, name);
  if (/[/\\]$/u.test(output) && sizeOf(output) === undefined) return inside;
  if (!isFolder(output)) return output;
  if (metainfo.isSingleFile || sizeOf(inside) !== undefined) return inside;
  return holdsFilesOf(metainfo, output) ? withoutSlash(output) : inside;
}

function withoutSlash(folder: string): string {
  return path.join(path.dirname(folder), path.basename(folder));
}

function localPlatform(): 'posix' | 'win32' {
  return path.sep === '\\' ? 'win32' : 'posix';
}

/** An unfinished file, or a file of the same path and size, is no coincidence. */
function holdsFilesOf(metainfo: Metainfo, folder: string): boolean {
  const { paths } = toLocalPaths(metainfo, { platform: localPlatform() });
  for (const [index, components] of paths.slice(0, MAX_PROBED_FILES).entries()) {
    const file = metainfo.files[index];
    if (file === undefined || file.isPadding || file.length === 0) continue;
    const place = path.join(folder, ...components);
    if (sizeOf(place) === file.length || sizeOf(`${place}.part`) !== undefined) return true;
  }
  return false;
}

function isFolder(place: string): boolean {
  return statusOf(place)?.isDirectory() ?? false;
}

function sizeOf(place: string): number | undefined {
  return statusOf(place)?.size;
}

/** Answers `undefined` for whatever cannot be looked at. */
function statusOf(place: string): Stats | undefined {
  try {
    return statSync(place);
  } catch {
    return undefined;
  }
}
