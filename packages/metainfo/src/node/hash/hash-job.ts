import type { FileState } from './file-state.ts';

/** A file whose bytes are hashed. */
export interface HashedFile {
  /** How many of its bytes belong to the pieces. */
  readonly length: number;
  /** Where it is; without it, its bytes are zeros: padding, or a file that none of the pieces needs. */
  readonly location?: string | undefined;
  /** What it was when it was looked at; it must not have changed when it has been read. Needed with `location`. */
  readonly seen?: FileState | undefined;
}

/** What kept a file from being hashed. */
export interface FileTrouble {
  readonly fileIndex: number;
  /** What the system answered; `undefined` if the file changed while it was read. */
  readonly system: string | undefined;
}

/** What every thread is given. The typed arrays are on memory that they share. */
export interface HashJob {
  readonly files: readonly HashedFile[];
  readonly pieceLength: number;
  readonly totalLength: number;
  /** Which pieces, in order. */
  readonly pieces: Uint32Array;
  /** Pieces that are taken at once: neighbours share files. */
  readonly unitLength: number;
  /** See {@link NEXT_UNIT}, {@link IS_STOPPED}. */
  readonly control: Int32Array;
  /** For each thread whether it has taken anything. */
  readonly hasBegun: Int32Array;
  /** For each thread how many bytes it has hashed. */
  readonly hashedBytes: Float64Array;
  /** 20 bytes for each piece. */
  readonly hashes: Uint8Array;
  /** For each piece whether its hash is there. */
  readonly isHashed: Uint8Array;
}

/** Where in `control` the number of the next unit is that nobody has taken. */
export const NEXT_UNIT = 0;
/** Where in `control` it says that there is nothing to do any more. */
export const IS_STOPPED = 1;
