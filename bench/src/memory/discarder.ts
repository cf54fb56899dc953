import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';

const PROGRAM = join(import.meta.dirname, 'discard-process.ts');

/** How far a download into nothing is. */
export interface DiscardProgress {
  /** Bytes of pieces that were verified and thrown away. */
  readonly storedLength: number;
  /** Pieces that failed their hash. */
  readonly rejectedCount: number;
  /** What its buffers take: pieces on their way, the torrent and its hashes, what each peer has. */
  readonly bufferBytes: number;
}

export interface DiscarderOptions {
  readonly torrent: string;
  /** It ends after so many bytes. */
  readonly stopLength: number;
  /** As fast as its storage is; 0 is as fast as pieces come. */
  readonly bytesPerSecond: number;
  readonly peers: readonly string[];
  readonly onProgress: (progress: DiscardProgress, pid: number) => void;
}

/**
 * Downloads into a storage that keeps nothing, in a process of its own, until it has had enough.
 *
 * @throws {Error} with what it printed, if it fails or a piece does.
 */
export async function discard(options: DiscarderOptions): Promise<void> {
  const { torrent, stopLength, bytesPerSecond, peers, onProgress } = options;
  // As plain JavaScript: Node's stripping of types would take 16 MiB of the memory that is measured.
  const program = stripTypeScriptTypes(readFileSync(PROGRAM, 'utf8'));
  let rejectedCount = 0;
  let storedLength = 0;
  const onLine = (line: string): void => {
    const progress: DiscardProgress = JSON.parse(line);
    ({ rejectedCount, storedLength } = progress);
    onProgress(progress, child.pid);
  };
  const args = [
    '--input-type=module',
    '--eval',
    program,
    torrent,
    `${stopLength}`,
    `${bytesPerSecond}`,
    ...peers,
  ];
  // Where it begins is where its imports are looked up.
  await using child = await ManagedProcess.start('discarder', process.execPath, args, {
    cwd: import.meta.dirname,
    onLine,
  });
  const { code } = await child.exit;
  if (code !== 0 || rejectedCount > 0 || storedLength < stopLength) {
    throw new Error(
      `Cannot count the discarder: it ended with ${code}, after ${storedLength} bytes and ${rejectedCount} wrong pieces\n${child.log}`,
    );
  }
}
