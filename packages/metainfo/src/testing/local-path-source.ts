import { infoHash } from '../info-hash.ts';
import type { LocalPathSource } from '../local-paths.ts';
import type { TorrentFile } from '../metainfo.ts';

type Name = string | Uint8Array;

/** Makes what `toLocalPaths` reads, of any bytes; text is taken as UTF-8. */
export function localPathSource(
  name: Name,
  paths: readonly (readonly Name[])[] | 'single file',
): LocalPathSource {
  const isSingleFile = paths === 'single file';
  return {
    infoHash: infoHash(new Uint8Array(20).fill(0xab)),
    nameBytes: toBytes(name),
    isSingleFile,
    files: (isSingleFile ? [[]] : paths).map((path, index) => toFile(path, index)),
  };
}

export function paddingFile(path: readonly Name[], index: number): TorrentFile {
  return { ...toFile(path, index), isPadding: true };
}

function toFile(path: readonly Name[], index: number): TorrentFile {
  const pathBytes = path.map(toBytes);
  return {
    index,
    path: pathBytes.map((bytes) => new TextDecoder().decode(bytes)),
    pathBytes,
    length: 1,
    offset: index,
    isPadding: false,
  };
}

function toBytes(name: Name): Uint8Array {
  return typeof name === 'string' ? new TextEncoder().encode(name) : name;
}
