import type { ManagedProcess } from './managed-process.ts';

/** The clients that serve what is downloaded. */
export type SeederKind = 'aria2' | 'libtorrent' | 'transmission';

export interface SeederOptions {
  /** Shown in logs. */
  readonly name: string;
  readonly torrent: string;
  /** The folder that holds the payload's file or folder. */
  readonly dataFolder: string;
  /** A folder of its own for whatever else it keeps; it may not exist. */
  readonly stateFolder: string;
  readonly port: number;
  /** At most so many bytes a second are sent. */
  readonly uploadLimit?: number;
  /** Whether it fetches what is missing. The others do that anyway. @defaultValue false */
  readonly isLeecher?: boolean;
  /** If only some files are there: which, by index in the torrent, and which are not wanted. */
  readonly selection?: { readonly wanted: readonly number[]; readonly unwanted: readonly number[] };
}

export interface Seeder {
  readonly process: ManagedProcess;
  readonly port: number;
  /** Bytes of payload sent so far, to anyone. */
  uploadedBytes(): Promise<number>;
}
