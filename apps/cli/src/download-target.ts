import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Metainfo, toLocalPaths } from '@millrace/metainfo';

/** More files than this are not looked for: the first ones tell. */
const MAX_PROBED_FILES = 1000;

/**
 * Decides where the content goes. Without `output`: under the torrent's name, made safe, in the current folder. With
 * an `output` that is a folder, or ends like one: in there, under that name. Otherwise `output` is the target itself.
 *
 * A folder that an earlier run made as the target is one when the command runs again, so a folder that holds files
 * of this torrent is the target, too.
 */
export async function downloadTarget(metainfo: Metainfo, output: string | undefined): Promise<string> {
  const { name, paths } = toLocalPaths(metainfo, { platform: localPlatform() });
  if (output === undefined) return name;
  const inside = path.join(output, name);
  if (/[/\\]$/u.test(output) && (await sizeOf(output)) === undefined) return inside;
  if (!(await isFolder(output))) return output;
  if (metainfo.isSingleFile || (await sizeOf(inside)) !== undefined) return inside;
  return (await holdsFilesOf(metainfo, paths, output)) ? withoutSlash(output) : inside;
}

function withoutSlash(folder: string): string {
  return path.join(path.dirname(folder), path.basename(folder));
}

function localPlatform(): 'posix' | 'win32' {
  return path.sep === '\\' ? 'win32' : 'posix';
}

/** An unfinished file, or a file of the same path and size, is no coincidence. */
async function holdsFilesOf(
  metainfo: Metainfo,
  paths: readonly (readonly string[])[],
  folder: string,
): Promise<boolean> {
  for (const [index, components] of paths.slice(0, MAX_PROBED_FILES).entries()) {
    const file = metainfo.files[index];
    if (file === undefined || file.isPadding || file.length === 0) continue;
    const place = path.join(folder, ...components);
    if ((await sizeOf(place)) === file.length || (await sizeOf(`${place}.part`)) !== undefined) return true;
  }
  return false;
}

async function isFolder(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined))?.isDirectory() ?? false;
}

async function sizeOf(place: string): Promise<number | undefined> {
  return (await stat(place).catch(() => undefined))?.size;
}
