import { readMembers } from '../layers/workspace.ts';
import { run } from '../lib/run.ts';

/** A tarball as `pnpm publish` would send it. */
export interface PackedPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the tarball. */
  readonly filename: string;
  /** What is in it, relative to the package's root. */
  readonly files: readonly { readonly path: string }[];
}

/** Packs every public package of the workspace at `root` into `destination`; they must be built. */
export async function packAll(root: string, destination: string): Promise<readonly PackedPackage[]> {
  const members = await readMembers(root);
  const published = members.filter(({ manifest }) => manifest.private !== true);
  const filters = published.flatMap(({ folder }) => ['--filter', `./${folder}`]);
  const json = await run('pnpm', ['-r', ...filters, 'pack', '--pack-destination', destination, '--json'], {
    cwd: root,
  });
  const packed: readonly PackedPackage[] = JSON.parse(json);
  if (packed.length !== published.length) {
    throw new Error(`Cannot pack: got ${packed.length} tarballs, expected ${published.length}`);
  }
  return packed;
}
