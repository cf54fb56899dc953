/** Bytes by piece: files, memory, or a developer's own. See {@link verifyingStore} for the way to the engine. */
export interface Storage extends AsyncDisposable {
  /**
   * Reads a whole piece into `target`.
   *
   * @returns Whether all of it was there; no promise is needed if that is known at once.
   */
  readPiece(index: number, target: Uint8Array): Promise<boolean> | boolean;
  /**
   * Reads a part of a piece into `target`. Where it is missing, the whole piece is read for each part of it.
   *
   * @returns As {@link readPiece} does.
   */
  readBlock?(index: number, begin: number, target: Uint8Array): Promise<boolean> | boolean;
  /** Writes a whole piece, which has been verified. `bytes` must not change until it resolves. */
  writePiece(index: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when what was written is safe. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
