/**
 * Makes a pattern into a question about paths, whose components `/` parts. Case does not count; a pattern without `/` is
 * one of the last component, one with `/` of the whole path.
 *
 * @throws {Error} if it cannot be a pattern.
 */
export async function compileGlob(pattern: string): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import('picomatch');
  const glob = picomatch(pattern, {
    basename: !pattern.includes('/'),
    dot: true,
    nocase: true,
    windows: false,
  });
  return (path) => path === pattern || glob(path);
}
