import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PieceLayout, sha1 } from '@millrace/metainfo';
import { payload } from '@millrace/testkit';
import type { Clock } from '../clock.ts';
import { FileStore } from '../node/file-store.ts';
import { ResumeFile } from '../node/resume-file.ts';
import { ResumeJournal } from '../node/resume-journal.ts';
import type { ResumeIdentity } from '../node/resume-state.ts';
import { systemClock } from '../node/system-clock.ts';
import { NO_STATISTICS, type TransferTotals } from '../statistics.ts';
import { upTo } from './bitfield.ts';

export interface StoredContentOptions {
  /** Where the content's folder is made. */
  readonly folder: string;
  /** Lengths by name. A name that begins with `.pad/` is padding's. */
  readonly files: Readonly<Record<string, number>>;
  /** @defaultValue 1_000 */
  readonly pieceLength?: number;
}

export interface StoreOptions {
  /** Names of the files that are downloaded. @defaultValue all */
  readonly wanted?: readonly string[];
  readonly overwrite?: boolean;
  readonly isNamedEarly?: boolean;
  /** @defaultValue true */
  readonly hasPartsFolder?: boolean;
  /** Remembers what is there, in the file {@link StoredContent.statePath}. @defaultValue nothing is remembered */
  readonly remembers?: RememberOptions;
  /** Where jobs are done. @defaultValue on the calling thread */
  readonly place?: { readonly isHere: boolean; readonly done: () => void };
}

export interface RememberOptions {
  readonly clock?: Clock;
  readonly recheck?: boolean;
  readonly keepsSelection?: boolean;
  /** Which run of the system it is. */
  readonly boot?: Uint8Array;
  readonly totals?: TransferTotals;
  readonly onError?: (error: unknown) => void;
}

/** Files full of bytes, stores for them, and what is on disk of them. */
export class StoredContent implements AsyncDisposable {
  readonly root: string;
  readonly statePath: string;
  readonly bytes: Uint8Array;
  readonly layout: PieceLayout;
  /** Names of files as they got whole. */
  readonly completed: string[] = [];
  readonly #files: Readonly<Record<string, number>>;
  readonly #stores: FileStore[] = [];

  constructor({ folder, files, pieceLength = 1_000 }: StoredContentOptions) {
    this.root = join(folder, 'content');
    this.statePath = join(folder, 'state', 'content.resume');
    this.#files = files;
    const totalLength = Object.values(files).reduce((sum, length) => sum + length, 0);
    this.bytes = payload(totalLength, 2);
    this.layout = new PieceLayout({ pieceLength, totalLength });
    for (const [name, { isPadding }] of this.#entries()) if (isPadding) this.file(name).fill(0);
  }

  /** In the order of the torrent. */
  get fileNames(): string[] {
    return Object.keys(this.#files);
  }

  get identity(): ResumeIdentity {
    const { pieceCount, totalLength } = this.layout;
    const infoHash = sha1(this.bytes);
    return { infoHash, root: this.root, pieceCount, totalLength, fileCount: this.fileNames.length };
  }

  /** A store for its files. */
  store(options: StoreOptions = {}): FileStore {
    const { wanted = Object.keys(this.#files), overwrite = false } = options;
    const { hasPartsFolder = true, place = { isHere: true, done: () => {} } } = options;
    const store = new FileStore({
      journal: options.remembers && this.#journal(wanted, options.remembers),
      root: this.root,
      files: this.#entries().map(([name, { length, isPadding }]) => {
        const path = join(this.root, name);
        return { path, partPath: `${path}.part`, length, isPadding, isWanted: wanted.includes(name) };
      }),
      pieceLength: this.layout.pieceLength(0),
      layout: this.layout,
      pieceHashes: Buffer.concat(upTo(this.layout.pieceCount).map((index) => sha1(this.piece(index)))),
      partsFolder: hasPartsFolder ? join(this.root, '.parts') : undefined,
      overwrite,
      isNamedEarly: options.isNamedEarly,
      place,
      onFileCompleted: (_, path) => this.completed.push(path.slice(this.root.length + 1)),
    });
    this.#stores.push(store);
    return store;
  }

  piece(index: number): Uint8Array {
    const offset = this.layout.pieceOffset(index);
    return this.bytes.subarray(offset, offset + this.layout.pieceLength(index));
  }

  /** The bytes that a file should have: a view. */
  file(name: string): Buffer {
    let offset = 0;
    for (const [other, { length }] of this.#entries()) {
      if (other === name) return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + offset, length);
      offset += length;
    }
    throw new Error(`no file ${name}`);
  }

  async commit(store: FileStore, indexes: Iterable<number>): Promise<void> {
    for (const index of indexes) {
      const memory = store.allocate(this.layout.pieceLength(index));
      memory.set(this.piece(index));
      if (!(await store.commit(index, memory)).isRight) throw new Error(`piece ${index} was refused`);
    }
  }

  /** Puts a file where it goes. */
  put(name: string, bytes: Uint8Array | string): void {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }

  /** What is on disk. */
  at(name: string): Buffer {
    return readFileSync(join(this.root, name));
  }

  /** Names of all that is on disk, folders too. */
  names(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: 'utf8' }).toSorted();
  }

  /** The same without the folders. */
  foundFiles(): string[] {
    if (!existsSync(this.root)) return [];
    const entries = readdirSync(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files.map(({ parentPath, name }) => join(parentPath, name).slice(this.root.length + 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
  }

  #journal(wanted: readonly string[], options: RememberOptions): ResumeJournal {
    const indexes = this.fileNames.flatMap((name, index) => (wanted.includes(name) ? [index] : []));
    const { clock = systemClock, recheck = false, totals = NO_STATISTICS.restored } = options;
    const journal = {
      file: new ResumeFile(this.statePath),
      identity: this.identity,
      selected: indexes.length === this.fileNames.length ? undefined : new Set(indexes),
      recheck,
      keepsSelection: options.keepsSelection,
      totals: () => totals,
      onError:
        options.onError ??
        ((error: unknown) => {
          throw error;
        }),
      clock,
    };
    return new ResumeJournal(journal, options.boot);
  }

  #entries(): [string, { readonly length: number; readonly isPadding: boolean }][] {
    return Object.entries(this.#files).map(([name, length]) => [
      name,
      { length, isPadding: name.startsWith('.pad/') },
    ]);
  }
}
