import type { RandomBytes } from '../node-id.ts';

/** Draws a whole number below `bound`, which is at most 2^24; even enough for what is drawn here. */
export function randomBelow(bound: number, random: RandomBytes): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % bound;
}

/** Returns `count` of the items, which ones being left to chance; all of them, in their order, if there are no more. */
export function sampleOf<T>(items: readonly T[], count: number, random: RandomBytes): T[] {
  if (items.length <= count) return [...items];
  const rest = [...items];
  const chosen: T[] = [];
  while (chosen.length < count) {
    const at = randomBelow(rest.length, random);
    const last = rest.pop();
    const item = at < rest.length ? rest[at] : last;
    if (item === undefined || last === undefined) break;
    if (at < rest.length) rest[at] = last;
    chosen.push(item);
  }
  return chosen;
}
