import { UsageError } from './usage-error.ts';

/**
 * Decides which date of creation is written. None, so that the same files give the same torrent; unless it is asked for, or
 * the environment names the one that builds are to have, which then also stands for now.
 *
 * @param flag - `--date` or `--no-date`, if given.
 * @throws {UsageError} if `SOURCE_DATE_EPOCH` is no number of seconds.
 * @see {@link https://reproducible-builds.org/specs/source-date-epoch/ | SOURCE_DATE_EPOCH}
 */
export function creationDate(
  flag: boolean | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Date | undefined {
  if (flag === false) return undefined;
  const epoch = environment['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || epoch === '') return flag === true ? new Date(nowMs) : undefined;
  const date = new Date(/^\d{1,13}$/u.test(epoch) ? Number(epoch) * 1000 : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new UsageError(
    `Cannot create torrent: SOURCE_DATE_EPOCH is "${epoch}", expected a number of seconds since 1970`,
  );
}
