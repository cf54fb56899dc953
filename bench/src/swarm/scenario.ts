import { formatMebibytes } from '../size.ts';

/** What is downloaded, and from how many. */
export interface Scenario {
  readonly size: number;
  readonly pieceLength: number;
  readonly files: number;
  readonly seeders: number;
}

/** The plain one, and those that differ from it in one point. */
export function variationsOf(plain: Scenario): readonly Scenario[] {
  return [
    plain,
    { ...plain, seeders: 4 },
    { ...plain, pieceLength: 4 * 1024 ** 2 },
    { ...plain, files: 20_000 },
  ];
}

export function formatScenario({ size, pieceLength, files, seeders }: Scenario): string {
  const what = files === 1 ? 'one file' : `${files} files`;
  const from = seeders === 1 ? 'one seeder' : `${seeders} seeders`;
  const pieces = pieceLength < 1024 ** 2 ? `${pieceLength / 1024} KiB` : formatMebibytes(pieceLength);
  return `${formatMebibytes(size)} in ${what}, pieces of ${pieces}, from ${from}`;
}
