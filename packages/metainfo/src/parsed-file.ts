import { Cursor } from './cursor.ts';
import type { TorrentFile } from './metainfo.ts';
import { toText } from './text.ts';

export interface ParsedFileFields {
  readonly index: number;
  readonly length: number;
  readonly offset: number;
  /** Well-formed bencode that the lists below are part of. */
  readonly bytes: Uint8Array;
  /** Where the list of path components starts, or -1. */
  readonly path: number;
  /** Where the list of components of a link's target starts, or -1. */
  readonly symlink: number;
  /** BEP 47: one letter for each thing to know. */
  readonly attributes: string;
}

/** A file of a torrent; its paths are read when asked for, since most readers never ask for a million of them. */
export class ParsedFile implements TorrentFile {
  readonly index: number;
  readonly length: number;
  readonly offset: number;
  readonly isPadding: boolean;
  readonly isExecutable: boolean;
  readonly isHidden: boolean;
  readonly #bytes: Uint8Array;
  readonly #path: number;
  readonly #symlink: number;

  constructor({ index, length, offset, bytes, path, symlink, attributes }: ParsedFileFields) {
    this.index = index;
    this.length = length;
    this.offset = offset;
    this.isPadding = attributes.includes('p');
    this.isExecutable = attributes.includes('x');
    this.isHidden = attributes.includes('h');
    this.#bytes = bytes;
    this.#path = path;
    this.#symlink = attributes.includes('l') ? symlink : -1;
  }

  get pathBytes(): readonly Uint8Array[] {
    return this.#components(this.#path);
  }

  get path(): readonly string[] {
    return this.#components(this.#path).map(toText);
  }

  get symlink(): readonly string[] | undefined {
    return this.#symlink === -1 ? undefined : this.#components(this.#symlink).map(toText);
  }

  #components(list: number): readonly Uint8Array[] {
    const components: Uint8Array[] = [];
    if (list === -1) return components;
    const cursor = new Cursor(this.#bytes, list);
    cursor.step();
    while (cursor.kind !== undefined) {
      if (cursor.kind === 'bytes') components.push(cursor.takeBytes());
      else cursor.skip();
    }
    return components;
  }
}
