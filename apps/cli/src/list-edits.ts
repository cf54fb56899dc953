import { foreign } from './escape.ts';
import { UsageError } from './usage-error.ts';

/** Changes to the trackers or web seeds of a torrent, in the order in which they are made. */
export interface ListEdits {
  /** Whether those that are there go first. */
  readonly isCleared: boolean;
  readonly removed: readonly string[];
  readonly replaced: readonly (readonly [old: string, new_: string])[];
  /** Each is a tier after the last. */
  readonly added: readonly (readonly string[])[];
}

/**
 * Changes URLs by tier. One that is added and there already is not there twice.
 *
 * @returns The tiers, or `undefined` if no change was asked for.
 * @throws {UsageError} if what is to go or to be replaced is not there.
 */
export function editTiers(
  tiers: readonly (readonly string[])[],
  { isCleared, removed, replaced, added }: ListEdits,
): readonly (readonly string[])[] | undefined {
  if (!isCleared && removed.length + replaced.length + added.length === 0) return undefined;
  let edited = isCleared ? [] : tiers;
  for (const url of removed) {
    requireThere(url, edited);
    edited = edited.map((tier) => tier.filter((other) => other !== url));
  }
  for (const [old, next] of replaced) {
    requireThere(old, edited);
    edited = edited.map((tier) => tier.map((url) => (url === old ? next : url)));
  }
  return withoutRepeats([...edited, ...added]);
}

function requireThere(url: string, tiers: readonly (readonly string[])[]): void {
  if (tiers.some((tier) => tier.includes(url))) return;
  throw new UsageError(`Cannot edit torrent: it does not name ${foreign(url)}; see millrace info`);
}

function withoutRepeats(tiers: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const seen = new Set<string>();
  return tiers
    .map((tier) =>
      tier.filter((url) => {
        const isNew = !seen.has(url);
        seen.add(url);
        return isNew;
      }),
    )
    .filter((tier) => tier.length > 0);
}
