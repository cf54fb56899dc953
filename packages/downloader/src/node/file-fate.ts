import type { FoundFile } from './found-files.ts';

/** What is to become of a file on disk. */
export type FileFate =
  | 'stays'
  /** It is whole: it gets its final name. */
  | 'finishes'
  /** It has its final name and is not whole: it is a part again. */
  | 'reopens'
  /** It is not ours. */
  | 'is refused';

/** What the check of the pieces has shown. */
export interface FileEvidence {
  /** In bytes: how long the file has to be. */
  readonly length: number;
  /** Pieces of the file that are there. */
  readonly thereCount: number;
  readonly missingCount: number;
  /** Whether any piece of the torrent is there. */
  readonly isAnyThere: boolean;
  /** Whether an earlier run that was cut short had it. */
  readonly isKnown: boolean;
  /** Whether files are taken over that are not ours. */
  readonly overwrite: boolean;
}

/** Decides by what it holds whether a file has the right name, and whether it is ours at all. */
export function fateOf(found: FoundFile, evidence: FileEvidence): FileFate {
  const { length, thereCount, missingCount, isAnyThere, isKnown, overwrite } = evidence;
  if (found.type !== 'final') {
    // There may be no part file yet where all bytes came from the parts folder.
    return missingCount === 0 && (found.type === 'part' || thereCount > 0) ? 'finishes' : 'stays';
  }
  const foundLength = found.stamp.length;
  if (foundLength === length && missingCount === 0) return 'stays';
  const isOurs =
    !found.hasPart &&
    foundLength <= length &&
    (foundLength === 0 || thereCount > 0 || isKnown || (foundLength === length && isAnyThere));
  return isOurs || overwrite ? 'reopens' : 'is refused';
}
