import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { aria2CheckOptions } from '@millrace/interop/read-torrent';
import { isInPath } from '@millrace/interop/requirements';

/** What is checked. */
export interface CheckInput {
  readonly torrent: string;
  /** The torrent's folder, complete. */
  readonly payload: string;
}

export interface Checker {
  readonly name: string;
  readonly isAvailable: boolean;
  /** Whether it knows pieces; the others only read and hash the files. */
  readonly isClient: boolean;
  /** The command that checks everything, and ends; it fails if something is not right. */
  command(input: CheckInput): readonly string[];
}

/** Cores that whoever checks may use. */
export const CORES: number = availableParallelism();

const MILLRACE = join(import.meta.dirname, '../../../apps/cli/dist/bin.js');
const LIBTORRENT = join(import.meta.dirname, 'checker.py');

/** Ours first, then the rivals, then the floors. */
export const CHECKERS: readonly Checker[] = [
  {
    name: 'millrace',
    isAvailable: existsSync(MILLRACE),
    isClient: true,
    // The torrent's tracker does not exist: it ends well only if nothing is missing.
    command: ({ torrent, payload }) => [
      process.execPath,
      MILLRACE,
      'download',
      '--quiet',
      '--state',
      'none',
      '-o',
      payload,
      torrent,
    ],
  },
  {
    name: 'millrace verify',
    isAvailable: existsSync(MILLRACE),
    isClient: true,
    command: ({ torrent, payload }) => [process.execPath, MILLRACE, 'verify', '--quiet', torrent, payload],
  },
  libtorrent('libtorrent', 0),
  libtorrent(`libtorrent, ${CORES} hashing threads`, CORES),
  {
    name: 'aria2',
    isAvailable: isInPath('aria2c'),
    isClient: true,
    command: ({ torrent, payload }) => ['aria2c', ...aria2CheckOptions(torrent, payload)],
  },
  onAllCores('sha1sum', ['sha1sum']),
  onAllCores('openssl sha1', ['openssl', 'sha1']),
];

function libtorrent(name: string, threads: number): Checker {
  return {
    name,
    isAvailable: true, // the torrents are made with it
    isClient: true,
    command: ({ torrent, payload }) => [SYSTEM_PYTHON, LIBTORRENT, torrent, dirname(payload), `${threads}`],
  };
}

/** Hashes each file, as many at once as there are cores. */
function onAllCores(name: string, program: readonly string[]): Checker {
  return {
    name: `${name} on ${CORES} cores`,
    isAvailable: isInPath(program[0] ?? ''),
    isClient: false,
    command: ({ payload }) => [
      'sh',
      '-c',
      'find "$0" -type f -print0 | xargs -0 -n 1 -P "$@" >/dev/null',
      payload,
      `${CORES}`,
      ...program,
    ],
  };
}
