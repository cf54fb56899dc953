import path from 'node:path';
import type { StatePlace } from '@millrace/downloader/node';
import { stateFolder } from './user-folders.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decides where downloads are remembered. `flag` is a folder, `beside` the content, or `none`; without it, it is the folder
 * that the system has for such things, if it names one.
 */
export function statePlace(flag: string | undefined, environment: Environment): StatePlace | false {
  if (flag === 'none') return false;
  if (flag === 'beside') return 'beside';
  if (flag !== undefined) return { folder: path.resolve(flag) };
  const own = stateFolder(environment);
  return own === undefined ? false : { folder: path.join(own, 'torrents') };
}
