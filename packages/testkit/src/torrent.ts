import { createTorrent, fileFromBytes, parseMetainfo, type Metainfo } from '@millrace/metainfo';
import { payload } from './payload.ts';

/** A file of a torrent to be made: so many random bytes, or these. */
export type FileSpec =
  | { readonly path: string; readonly length: number }
  | { readonly path: string; readonly bytes: Uint8Array };

export interface TorrentOptions {
  /** Name of the folder, or of the one file. @defaultValue 'sample' */
  readonly name?: string;
  /** In bytes. @defaultValue 16_384, so that a piece is one block */
  readonly pieceLength?: number;
  /** What the random bytes depend on. @defaultValue 1 */
  readonly seed?: number;
  /** Announce URLs by tier. @defaultValue none */
  readonly tiers?: readonly (readonly string[])[];
  readonly isPrivate?: boolean;
}

/** A torrent with everything in it. */
export interface SampleTorrent {
  readonly metainfo: Metainfo;
  readonly torrentBytes: Uint8Array<ArrayBuffer>;
  /** All bytes, one file after the other. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The bytes of each file, in order: views of `payload`. */
  readonly fileBytes: readonly Uint8Array[];
}

/**
 * Makes a torrent. A number makes one with a single file of so many bytes; files make one with a folder, their paths
 * separated by `/`.
 */
export async function torrentOf(
  files: number | Uint8Array | readonly FileSpec[],
  options: TorrentOptions = {},
): Promise<SampleTorrent> {
  const { name = 'sample', pieceLength = 16_384, seed = 1, tiers = [], isPrivate = false } = options;
  const specs = toSpecs(files);
  const lengths = specs.map((spec) => ('bytes' in spec ? spec.bytes.length : spec.length));
  const all = payload(
    lengths.reduce((sum, length) => sum + length, 0),
    seed,
  );
  let offset = 0;
  const fileBytes = specs.map((spec, at) => {
    const bytes = all.subarray(offset, offset + (lengths[at] ?? 0));
    if ('bytes' in spec) bytes.set(spec.bytes);
    offset += bytes.length;
    return bytes;
  });
  const inputs = specs.map((spec, at) =>
    fileFromBytes(spec.path === '' ? [] : spec.path.split('/'), fileBytes[at] ?? new Uint8Array(0)),
  );
  const torrentBytes = await createTorrent(inputs, { name, pieceLength, tiers, isPrivate });
  return { metainfo: parseMetainfo(torrentBytes), torrentBytes, payload: all, fileBytes };
}

function toSpecs(files: number | Uint8Array | readonly FileSpec[]): readonly FileSpec[] {
  if (typeof files === 'number') return [{ path: '', length: files }];
  return files instanceof Uint8Array ? [{ path: '', bytes: files }] : files;
}
