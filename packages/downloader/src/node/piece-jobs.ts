import { FileLayout, PieceLayout } from '@millrace/metainfo';
import { matchesHash } from '../storage/verifying-store.ts';
import { ContentFiles, type ContentFile } from './content-files.ts';
import { ContentRoot } from './content-root.ts';
import { FileStamps } from './file-stamps.ts';
import { SharedPieces } from './shared-pieces.ts';
import { SpareBytes } from './spare-bytes.ts';
import { storageError } from './storage-error.ts';

/** What jobs are about: a torrent's files. */
export interface PieceJobsData {
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly pieceLength: number;
  readonly totalLength: number;
  /** Where bytes of pieces go that belong to files that are not wanted. Needed only if there are such. */
  readonly partsFolder?: string | undefined;
  /** The memory of the {@link FileStamps}. */
  readonly stamps: SharedArrayBuffer;
  /** Whether files have their final names before they are whole. */
  readonly isNamedEarly: boolean;
}

/** A job on a torrent's files. */
export type PieceJob =
  /** Verify and write a piece: the first `length` bytes of a memory. Done: whether it is right. */
  | {
      readonly type: 'commit';
      readonly index: number;
      readonly hash: Uint8Array;
      readonly memory: ArrayBuffer;
      readonly length: number;
    }
  /** Read and verify. Done: whether it is there and right. */
  | {
      readonly type: 'check';
      readonly index: number;
      readonly hash: Uint8Array;
      /** Whether some of its bytes are in the parts folder. */
      readonly hasSpares: boolean;
      /** Whether its files are opened anew. */
      readonly isAnew?: boolean;
    }
  /** Done: whether it has its name; not if someone else may have changed it. */
  | { readonly type: 'finishFile'; readonly fileIndex: number }
  | { readonly type: 'nameFile'; readonly fileIndex: number }
  | { readonly type: 'reopenFile'; readonly fileIndex: number };

/** Does jobs one after the other, on the thread it is called on. */
export class PieceJobs {
  readonly #root: string;
  readonly #layout: PieceLayout;
  readonly #content: ContentFiles;
  readonly #shared: SharedPieces | undefined;
  #readBuffer = new Uint8Array(0);

  constructor(data: PieceJobsData) {
    const { root, files, pieceLength, totalLength, partsFolder, stamps: memory, isNamedEarly } = data;
    this.#root = root;
    this.#layout = new PieceLayout({ pieceLength, totalLength });
    const lengths = files.map((file) => file.length);
    const fileLayout = new FileLayout(this.#layout, lengths);
    const stamps = new FileStamps(files.length, memory);
    const contentRoot = new ContentRoot(root, stamps);
    this.#content = new ContentFiles({ root: contentRoot, files, fileLayout, stamps, isNamedEarly });
    if (partsFolder === undefined) return;
    const spares = new SpareBytes(partsFolder, contentRoot, fileLayout);
    this.#shared = new SharedPieces({ files, fileLayout, content: this.#content, spares });
  }

  /**
   * Does a job.
   *
   * @returns For a piece, whether it is right; for a file, whether it is done.
   * @throws {DownloadError} what the file system reports.
   */
  run(job: PieceJob): boolean {
    try {
      return this.#do(job);
    } catch (error) {
      throw storageError(error, this.#root);
    }
  }

  close(): void {
    this.#content.close();
  }

  #do(job: PieceJob): boolean {
    switch (job.type) {
      case 'commit': {
        const bytes = new Uint8Array(job.memory, 0, job.length);
        if (!matchesHash(bytes, job.hash)) return false;
        this.#content.writePiece(job.index, bytes);
        this.#shared?.keep(job.index, bytes);
        return true;
      }
      case 'check': {
        if (this.#readBuffer.length === 0) this.#readBuffer = new Uint8Array(this.#layout.maxPieceLength);
        const piece = this.#readBuffer.subarray(0, this.#layout.pieceLength(job.index));
        if (job.isAnew === true) this.#content.releasePiece(job.index);
        if (job.hasSpares && this.#shared !== undefined)
          return this.#shared.check(job.index, job.hash, piece);
        return this.#content.readPiece(job.index, piece) && matchesHash(piece, job.hash);
      }
      case 'finishFile':
        return this.#content.finishFile(job.fileIndex);
      case 'nameFile':
        this.#content.nameFile(job.fileIndex);
        return true;
      case 'reopenFile':
        this.#content.reopenFile(job.fileIndex);
        return true;
    }
  }
}
