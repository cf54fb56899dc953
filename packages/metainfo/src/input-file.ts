/** A file that a torrent is made of. */
export interface InputFile {
  /** Components below the torrent's name; none if the file itself bears it. */
  readonly path: readonly string[];
  /** Size in bytes. */
  readonly length: number;
  /** Reads it from its start; together the chunks have `length` bytes. */
  stream(): AsyncIterable<Uint8Array>;
}

const CHUNK_LENGTH = 1024 * 1024;

/** Makes an input file of bytes in memory; they are viewed, not copied. */
export function fileFromBytes(path: readonly string[], bytes: Uint8Array): InputFile {
  return {
    path,
    length: bytes.length,
    // oxlint-disable-next-line require-await -- the interface is asynchronous, memory is not
    async *stream() {
      for (let offset = 0; offset < bytes.length; offset += CHUNK_LENGTH) {
        yield bytes.subarray(offset, offset + CHUNK_LENGTH);
      }
    },
  };
}
