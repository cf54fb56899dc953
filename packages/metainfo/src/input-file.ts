/** A file that a torrent is made of, as the torrent will describe it. */
export interface FileEntry {
  /** Components below the torrent's name; none if the file itself bears it. */
  readonly path: readonly string[];
  /** Size in bytes. */
  readonly length: number;
}

/** A file that a torrent is made of. */
export interface InputFile extends FileEntry {
  /** Reads it from its start; together the chunks have `length` bytes. */
  stream(): AsyncIterable<Uint8Array>;
}

/** What fills up a piece, so that the next file begins with one of its own (BEP 47). */
export interface PaddingFile extends InputFile {
  readonly isPadding: true;
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

/**
 * Puts zeros behind each file that does not end with a piece, but not behind the last that has bytes: each file then
 * begins with a piece. Files without bytes begin anywhere.
 */
export function withPadding<F extends FileEntry>(
  files: readonly F[],
  pieceLength: number,
): readonly (F | PaddingFile)[] {
  const last = files.findLastIndex((file) => file.length > 0);
  return files.flatMap((file, index): readonly (F | PaddingFile)[] => {
    const rest = file.length % pieceLength;
    return rest === 0 || index === last ? [file] : [file, paddingFile(pieceLength - rest)];
  });
}

/** Tells padding from what a torrent is about. */
export function isPaddingFile(file: FileEntry): file is PaddingFile {
  return 'isPadding' in file && file.isPadding === true;
}

function paddingFile(length: number): PaddingFile {
  return {
    path: ['.pad', String(length)],
    length,
    isPadding: true,
    // oxlint-disable-next-line require-await -- the interface is asynchronous, memory is not
    async *stream() {
      const zeros = new Uint8Array(Math.min(length, CHUNK_LENGTH));
      for (let left = length; left > 0; left -= zeros.length) yield zeros.subarray(0, left);
    },
  };
}
