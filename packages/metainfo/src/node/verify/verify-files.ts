import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CreateProgress } from '../../create.ts';
import { FileLayout } from '../../file-layout.ts';
import { formatInfoHash } from '../../info-hash.ts';
import type { Metainfo } from '../../metainfo.ts';
import { hashFiles } from '../hash/hash-files.ts';
import { findExtraFiles } from './extra-files.ts';
import { type Content, type FileProblem, findContent, type FoundContent } from './find-content.ts';
import { PIECE_STATE, Verification } from './verification.ts';

export interface VerifyOptions {
  /** Threads that hash. @defaultValue one for each core, but only as many as are worth their start */
  readonly threads?: number;
  /** Stops it; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told about ten times a second, and at the end; the total is what is there to be hashed. */
  readonly onProgress?: (progress: CreateProgress) => void;
}

const HASH_LENGTH = 20;
/** Pieces looked at before others have their turn. */
const BATCH_LENGTH = 8192;

/**
 * Checks a torrent's files on disk against its hashes, on all cores. It reads, and does nothing else: there is no code in
 * it that writes. What is wrong with files is in the result; nothing on disk makes it fail.
 *
 * @param path - The torrent's own file or folder. It may be a link; links below it are not followed.
 */
export async function verifyFiles(
  metainfo: Metainfo,
  path: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { threads, signal, onProgress } = options;
  signal?.throwIfAborted();
  const content = await findContent(metainfo, path, signal);
  const { pieces, bytes: totalBytes } = await piecesThere(metainfo, content, signal);
  const troubles = new Map<number, FileProblem>();
  const { hashes, isHashed } = await hashFiles(
    {
      files: metainfo.files.map(({ length }, index) => ({ ...content.files[index], length })),
      pieceLength: metainfo.pieceLength,
      layout: metainfo.layout,
      pieces,
    },
    {
      threads,
      signal,
      onProgress: (hashedBytes) => onProgress?.({ hashedBytes, totalBytes }),
      onTrouble: ({ fileIndex, system }) =>
        void troubles.set(fileIndex, system === undefined ? 'changed meanwhile' : 'unreadable'),
    },
  );
  return new Verification({
    metainfo,
    root: content.root,
    found: content.files.map((file, index) => withProblem(file, troubles.get(index))),
    pieceStates: compare(hashes, isHashed, metainfo.pieceHashes),
    extraFiles: metainfo.isSingleFile
      ? []
      : await findExtraFiles(
          content.root,
          content.names,
          `.${formatInfoHash(metainfo.infoHash)}.parts`,
          signal,
        ),
  });
}

/** Returns the pieces of which every byte is there, right or wrong, and how long they are together. */
async function piecesThere(
  { layout, files }: Metainfo,
  content: Content,
  signal: AbortSignal | undefined,
): Promise<{ readonly pieces: readonly number[]; readonly bytes: number }> {
  const fileLayout = new FileLayout(
    layout,
    files.map((file) => file.length),
  );
  // Of padding all bytes are there; of a file those that it has.
  const there = files.map(({ isPadding, symlink, length }, index) =>
    isPadding || symlink !== undefined ? length : (content.files[index]?.seen?.size ?? 0),
  );
  const pieces: number[] = [];
  let bytes = 0;
  for (let index = 0; index < layout.pieceCount; index += 1) {
    if (index % BATCH_LENGTH === 0) await nextTurn();
    signal?.throwIfAborted();
    const spans = fileLayout.spans(index);
    if (!spans.every((span) => span.fileOffset + span.length <= (there[span.fileIndex] ?? 0))) continue;
    pieces.push(index);
    bytes += layout.pieceLength(index);
  }
  return { pieces, bytes };
}

function withProblem(file: FoundContent, problem: FileProblem | undefined): FoundContent {
  return problem === undefined ? file : { ...file, problem };
}

function compare(hashes: Uint8Array, isHashed: Uint8Array, expected: Uint8Array): Uint8Array {
  return Uint8Array.from(isHashed, (hashed, index) => {
    if (hashed === 0) return PIECE_STATE.incomplete;
    const begin = index * HASH_LENGTH;
    for (let at = begin; at < begin + HASH_LENGTH; at += 1) {
      if (hashes[at] !== expected[at]) return PIECE_STATE.bad;
    }
    return PIECE_STATE.good;
  });
}
