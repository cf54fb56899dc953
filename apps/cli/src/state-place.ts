import path from 'node:path';
import type { StatePlace } from '@millrace/downloader/node';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decides where downloads are remembered. `flag` is a folder, `beside` the content, or `none`; without it, it is the folder
 * that the system has for such things, if it names one.
 *
 * @see {@link https://specifications.freedesktop.org/basedir-spec/latest/ | XDG Base Directory Specification}
 */
export function statePlace(flag: string | undefined, environment: Environment): StatePlace | false {
  if (flag === 'none') return false;
  if (flag === 'beside') return 'beside';
  if (flag !== undefined) return { folder: path.resolve(flag) };
  const home = stateHome(environment);
  return home === undefined ? false : { folder: path.join(home, 'millrace', 'torrents') };
}

function stateHome({ XDG_STATE_HOME, LOCALAPPDATA, HOME }: Environment): string | undefined {
  // The specification wants relative ones ignored.
  if (XDG_STATE_HOME !== undefined && path.isAbsolute(XDG_STATE_HOME)) return XDG_STATE_HOME;
  if (path.sep === '\\') return LOCALAPPDATA;
  return HOME === undefined || !path.isAbsolute(HOME) ? undefined : path.join(HOME, '.local', 'state');
}
