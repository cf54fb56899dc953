import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInPath } from '@millrace/interop/requirements';

/** What a torrent is made of, and how. */
export interface MakeInput {
  /** A file or folder. */
  readonly payload: string;
  readonly pieceLength: number;
  /** The torrent to write; there is nothing yet. */
  readonly torrent: string;
}

export interface Maker {
  readonly name: string;
  readonly isAvailable: boolean;
  command(input: MakeInput): readonly string[];
}

const MILLRACE = join(import.meta.dirname, '../../../apps/cli/dist/bin.js');

/** Ours first, then the rivals. */
export const MAKERS: readonly Maker[] = [
  {
    name: 'millrace',
    isAvailable: existsSync(MILLRACE),
    command: ({ payload, pieceLength, torrent }) => [
      process.execPath,
      MILLRACE,
      'create',
      '--quiet',
      '-l',
      `${pieceLength}`,
      '-o',
      torrent,
      payload,
    ],
  },
  {
    name: 'mktorrent',
    isAvailable: isInPath('mktorrent'),
    command: ({ payload, pieceLength, torrent }) => [
      'mktorrent',
      '-l',
      `${Math.log2(pieceLength)}`,
      '-o',
      torrent,
      payload,
    ],
  },
  {
    name: 'transmission-create',
    isAvailable: isInPath('transmission-create'),
    command: ({ payload, pieceLength, torrent }) => [
      'transmission-create',
      '-s',
      `${pieceLength / 1024}`,
      '-o',
      torrent,
      payload,
    ],
  },
];
