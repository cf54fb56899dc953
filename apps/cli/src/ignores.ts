import { foreign } from './escape.ts';
import { compileGlob } from './glob.ts';
import { UsageError } from './usage-error.ts';

/** Tells whether a file, or a folder with all below it, is left out; the path has its components. */
export type IsIgnored = (path: readonly string[], isFolder: boolean) => boolean;

/**
 * Makes of `--ignore` patterns what leaves files out. A pattern that ends with `/` is one of folders.
 *
 * @throws {UsageError} if one cannot be a pattern.
 */
export async function compileIgnores(patterns: readonly string[]): Promise<IsIgnored> {
  const ignores = await Promise.all(patterns.map(compileIgnore));
  return (path, isFolder) => ignores.some((isIgnored) => isIgnored(path, isFolder));
}

async function compileIgnore(pattern: string): Promise<IsIgnored> {
  const isOfFolders = pattern.endsWith('/');
  try {
    const isMatch = await compileGlob(pattern.replace(/^\.?\/+|\/+$/gu, ''));
    return (path, isFolder) => (isFolder || !isOfFolders) && isMatch(path.join('/'));
  } catch (error) {
    throw new UsageError(`Cannot ignore "${foreign(pattern)}": it must be a pattern such as *.tmp`, {
      cause: error,
    });
  }
}
