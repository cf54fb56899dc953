import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns our folder for what can be got again, in the one that the system has for such things, if it names one.
 *
 * @see {@link https://specifications.freedesktop.org/basedir-spec/latest/ | XDG Base Directory Specification}
 */
export function cacheFolder(environment: Environment): string | undefined {
  return ownFolder(environment['XDG_CACHE_HOME'], '.cache', environment);
}

/** The same for what should be there the next time, and is of no use on another machine. */
export function stateFolder(environment: Environment): string | undefined {
  return ownFolder(environment['XDG_STATE_HOME'], '.local/state', environment);
}

function ownFolder(named: string | undefined, usual: string, environment: Environment): string | undefined {
  const home = homeOf(named, usual, environment);
  return home === undefined ? undefined : path.join(home, 'millrace');
}

function homeOf(
  named: string | undefined,
  usual: string,
  { LOCALAPPDATA, HOME }: Environment,
): string | undefined {
  // The specification wants relative ones ignored.
  if (named !== undefined && path.isAbsolute(named)) return named;
  if (path.sep === '\\') return LOCALAPPDATA;
  return HOME === undefined || !path.isAbsolute(HOME) ? undefined : path.join(HOME, usual);
}
