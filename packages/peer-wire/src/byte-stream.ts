/** An ordered two-way stream of bytes to one peer: TCP now; uTP and encryption wrap the same port. */
export interface ByteStream {
  /**
   * Queues views to be sent in order; they must not change until they are sent.
   *
   * @param onSent - Called once the system has taken all of them: their memory may be used again. Not called when the
   * stream ends before; their memory is free then, too.
   * @returns Whether to go on; after `false`, wait for {@link ByteStreamHandler.onDrained}.
   */
  write(views: readonly Uint8Array[], onSent?: () => void): boolean;
  /** Ends the stream at once. `onClose` follows with this reason; a second call does nothing. */
  close(reason?: unknown): void;
}

/** What a stream tells its owner. */
export interface ByteStreamHandler {
  /** Bytes as they came. `chunk` is valid during the call only: the adapter reuses its memory. A throw closes the stream. */
  onBytes(chunk: Uint8Array): void;
  /** The queue that made `write` answer `false` is empty again. A throw closes the stream. */
  onDrained(): void;
  /**
   * The last call. `reason` is what `close` was given, what a handler threw, or the error of the network; `undefined` if
   * the remote ended the stream in order.
   */
  onClose(reason: unknown): void;
}
