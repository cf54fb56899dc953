import type { Bitfield } from '@millrace/peer-wire';

export interface ExamineOptions {
  /** Told how many bytes were looked at so far. */
  readonly onProgress?: (checkedLength: number) => void;
  readonly signal?: AbortSignal;
}

export interface Committed {
  /** Whether the piece matched its hash, and so was written. */
  readonly isRight: boolean;
  /**
   * Memory in exchange for the piece's, if that cannot be used again: it was moved to another thread, say. As long. If the
   * piece was wrong, its bytes are in it; they tell who gave wrong ones.
   */
  readonly exchange?: Uint8Array;
}

/**
 * Where pieces go, and what is there already. The engine's one way to hashes and to the disk: nothing is written that
 * was not verified, and nothing counts as there that was not.
 */
export interface PieceStore extends AsyncDisposable {
  /** Memory for a piece on its way, of a kind that {@link commit} takes. */
  allocate(length: number): Uint8Array;
  /**
   * Finds out which pieces are there and right, by hashing what exists.
   *
   * @throws {DownloadError} `EXISTS`, `UNSAFE_TARGET`, `NOT_WRITABLE`, `IO`
   */
  examine(options?: ExamineOptions): Promise<Bitfield>;
  /**
   * Verifies a piece and, if it is right, writes it. `bytes` begins where memory of {@link allocate} begins; that memory is
   * the store's until this settles.
   *
   * @throws {DownloadError} `NO_SPACE`, `NOT_WRITABLE`, `UNSAFE_TARGET`, `NAME_TOO_LONG`, `IO`
   */
  commit(index: number, bytes: Uint8Array): Promise<Committed>;
  /**
   * Reads a part of a piece that is had into `targets`, one after the other. Answers at once where it can: what is in the
   * system's cache takes microseconds.
   *
   * @returns Whether every byte was there and is as it was when it was verified, as far as can be told.
   */
  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean>;
  /** Puts finishing touches when every wanted piece is there: what has no bytes is made too. */
  finish(): Promise<void>;
  /** Waits for what is being written, and lets go of everything. A second call does nothing. */
  close(): Promise<void>;
}
