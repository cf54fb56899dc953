import { type BencodeNode, decode } from '@millrace/bencode';
import type { TorrentFile } from './metainfo.ts';
import { toText } from './text.ts';

export interface FileSpanFields {
  readonly index: number;
  readonly length: number;
  readonly offset: number;
  /** The list of components, or nothing for a single file. */
  readonly path: BencodeNode | undefined;
  /** BEP 47: one letter for each thing to know. */
  readonly attributes: string;
  readonly symlink: BencodeNode | undefined;
}

/** A file of a torrent; its paths are read when asked for, since most readers never ask for a million of them. */
export class ParsedFile implements TorrentFile {
  readonly index: number;
  readonly length: number;
  readonly offset: number;
  readonly isPadding: boolean;
  readonly isExecutable: boolean;
  readonly isHidden: boolean;
  /** Encoded lists; nodes would keep the whole document's index in memory. */
  readonly #path: Uint8Array | undefined;
  readonly #symlink: Uint8Array | undefined;

  constructor({ index, length, offset, path, attributes, symlink }: FileSpanFields) {
    this.index = index;
    this.length = length;
    this.offset = offset;
    this.isPadding = attributes.includes('p');
    this.isExecutable = attributes.includes('x');
    this.isHidden = attributes.includes('h');
    this.#path = path?.raw;
    this.#symlink = attributes.includes('l') ? symlink?.raw : undefined;
  }

  get pathBytes(): readonly Uint8Array[] {
    return componentsOf(this.#path);
  }

  get path(): readonly string[] {
    return componentsOf(this.#path).map(toText);
  }

  get symlink(): readonly string[] | undefined {
    return this.#symlink === undefined ? undefined : componentsOf(this.#symlink).map(toText);
  }
}

function componentsOf(list: Uint8Array | undefined): readonly Uint8Array[] {
  const value = list === undefined ? [] : decode(list, { strict: false });
  return Array.isArray(value) ? value.filter((item) => item instanceof Uint8Array) : [];
}
