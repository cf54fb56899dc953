import { FileLayout, PieceLayout } from '@millrace/metainfo';
import type { DownloadError } from '../error.ts';
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

/** Verify and write a piece. Done: whether it is right. */
export interface CommitJob {
  readonly type: 'commit';
  readonly index: number;
  readonly hash: Uint8Array;
  /** The whole piece, where memory begins that may be moved. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Read and verify a piece. Done: whether it is there and right. */
export interface CheckJob {
  readonly type: 'check';
  readonly index: number;
  readonly hash: Uint8Array;
  /** Whether some of its bytes are in the parts folder. */
  readonly hasSpares: boolean;
  /** Whether its files are opened anew. */
  readonly isAnew?: boolean;
}

/** A job on a torrent's files. */
export type PieceJob =
  | CommitJob
  | CheckJob
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
    if (job.type === 'commit') {
      const [outcome = false] = this.commitAll([job]);
      if (typeof outcome === 'boolean') return outcome;
      throw outcome;
    }
    try {
      return this.#do(job);
    } catch (error) {
      throw storageError(error, this.#root);
    } finally {
      this.#content.endWrites();
    }
  }

  /**
   * Verifies pieces, and writes those that are right. A file is looked at once before and once after writes in a row.
   *
   * @returns For each whether it is right, or what the file system reports.
   */
  commitAll(jobs: readonly CommitJob[]): (boolean | DownloadError)[] {
    // Before any is written: between the two looks at a file there is nothing but writing.
    const outcomes: (boolean | DownloadError)[] = [];
    for (const { bytes, hash } of jobs) outcomes.push(matchesHash(bytes, hash));
    for (const [at, job] of jobs.entries()) if (outcomes[at] === true) outcomes[at] = this.#write(job);
    try {
      this.#content.endWrites();
      return outcomes;
    } catch (error) {
      const failure = storageError(error, this.#root);
      return outcomes.map((outcome) => (outcome === true ? failure : outcome));
    }
  }

  close(): void {
    this.#content.close();
  }

  /** Returns what the file system reports, `true` if nothing. */
  #write({ index, bytes }: CommitJob): true | DownloadError {
    try {
      this.#content.writePiece(index, bytes);
      if (this.#shared === undefined) return true;
      this.#content.endWrites(); // files may have to be closed for what is kept
      this.#shared.keep(index, bytes);
      return true;
    } catch (error) {
      return storageError(error, this.#root);
    }
  }

  #check({ index, hash, hasSpares, isAnew }: CheckJob): boolean {
    if (this.#readBuffer.length === 0) this.#readBuffer = new Uint8Array(this.#layout.maxPieceLength);
    const piece = this.#readBuffer.subarray(0, this.#layout.pieceLength(index));
    if (isAnew === true) this.#content.releasePiece(index);
    if (hasSpares && this.#shared !== undefined) return this.#shared.check(index, hash, piece);
    return this.#content.readPiece(index, piece) && matchesHash(piece, hash);
  }

  #do(job: Exclude<PieceJob, CommitJob>): boolean {
    switch (job.type) {
      case 'check':
        return this.#check(job);
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
