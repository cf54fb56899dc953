import type { FileLayout, FileSpan } from '@millrace/metainfo';
import { matchesHash } from '../storage/verifying-store.ts';
import type { ContentFile, ContentFiles } from './content-files.ts';
import type { SpareBytes } from './spare-bytes.ts';

export interface SharedPiecesOptions {
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  readonly content: ContentFiles;
  readonly spares: SpareBytes;
}

/** Sees to the pieces that wanted files share with others: what belongs to those others is spare, and kept apart. */
export class SharedPieces {
  readonly #options: SharedPiecesOptions;
  /** Whether there are files that are not wanted: without them nothing is spare. */
  readonly #isSelection: boolean;

  constructor(options: SharedPiecesOptions) {
    this.#options = options;
    this.#isSelection = options.files.some(({ isWanted, isPadding }) => !isWanted && !isPadding);
  }

  /** Keeps the spare bytes of a piece that has been verified. @throws {DownloadError} */
  keep(index: number, piece: Uint8Array): void {
    if (!this.#isSelection) return;
    const spans = this.#options.fileLayout.spans(index);
    const flags = Uint8Array.from(spans, (span) => (this.#isSpare(span, piece) ? 1 : 0));
    if (flags.includes(1)) this.#options.spares.write(index, piece, flags);
  }

  /**
   * Reads and verifies a piece of which spare bytes are kept. Where their file is wanted by now they go into it; what is
   * spare no longer, or never was right, is removed.
   *
   * @param piece - Memory for it.
   * @throws {DownloadError}
   */
  check(index: number, hash: Uint8Array, piece: Uint8Array): boolean {
    const { content, spares, fileLayout } = this.#options;
    const spans = fileLayout.spans(index);
    const flags = spares.read(index, piece);
    if (flags !== undefined && this.#readRest(spans, flags, piece) && matchesHash(piece, hash)) {
      this.#hand(spans, flags, piece);
      if (!spans.some((span, at) => flags[at] === 1 && this.#isSpare(span, piece))) spares.remove(index);
      return true;
    }
    const isRight = content.readPiece(index, piece) && matchesHash(piece, hash);
    spares.remove(index);
    return isRight;
  }

  /** Reads what is not spare. Where a file has its final name, what it holds goes before what is kept for it: it is never written to. */
  #readRest(spans: readonly FileSpan[], flags: Uint8Array, piece: Uint8Array): boolean {
    const { content } = this.#options;
    return spans.every((span, at) => {
      if (flags[at] === 1 && this.#isWanted(span) && content.hasFinal(span.fileIndex)) flags[at] = 0;
      return flags[at] === 1 || content.readSpan(span, viewOf(span, piece));
    });
  }

  /** Writes bytes that were spare to their files, if those are wanted. */
  #hand(spans: readonly FileSpan[], flags: Uint8Array, piece: Uint8Array): void {
    const { content } = this.#options;
    try {
      for (const [at, span] of spans.entries())
        if (flags[at] === 1 && this.#isWanted(span)) content.writeSpan(span, viewOf(span, piece));
    } finally {
      content.endWrites();
    }
  }

  /** Whether bytes are of a file that is not wanted, and are not in it. */
  #isSpare(span: FileSpan, piece: Uint8Array): boolean {
    const { isWanted = true, isPadding = false } = this.#options.files[span.fileIndex] ?? {};
    if (isWanted || isPadding) return false;
    const found = new Uint8Array(span.length);
    const isThere = this.#options.content.readSpan(span, found);
    return !isThere || Buffer.compare(found, viewOf(span, piece)) !== 0;
  }

  #isWanted({ fileIndex }: FileSpan): boolean {
    const { isWanted = false, isPadding = false } = this.#options.files[fileIndex] ?? {};
    return isWanted && !isPadding;
  }
}

function viewOf({ begin, length }: FileSpan, piece: Uint8Array): Uint8Array {
  return piece.subarray(begin, begin + length);
}
