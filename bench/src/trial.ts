import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { do_not_optimize as keep, measure } from 'mitata';

/** Calls that take longer are timed once a round, without repetition. */
const SLOW_MS = 400;
/** Nor are they timed more often than this. */
const MAX_SLOW_ROUNDS = 2;

/** Warming up at least this long the first time: large functions get their best code late, and later on a busy machine. */
const FIRST_WARM_UP_MS = 500;

/** One way to do a task. */
export interface Entrant {
  readonly name: string;
  readonly run: () => unknown;
  /** Tells what is wrong with what it does, if anything. It is timed all the same. */
  readonly flaw?: string;
}

export interface Task {
  readonly name: string;
  /** Ours first. */
  readonly entrants: readonly Entrant[];
}

export interface EntrantTimes {
  readonly name: string;
  readonly flaw?: string;
  /** Nanoseconds of one call, the median of each round. */
  readonly nanoseconds: readonly number[];
}

export interface TrialOptions {
  readonly rounds: number;
  /** Time to spend on each entrant in each round: as much to warm up, or more the first time, and as much that counts. */
  readonly budgetMs: number;
}

/** Times a task's entrants in turn; each round begins with another one. Each starts without the others' garbage. */
export async function tryTask({ entrants }: Task, options: TrialOptions): Promise<readonly EntrantTimes[]> {
  const times = entrants.map((): number[] => []);
  for (let round = 0; round < options.rounds; round += 1) {
    for (let turn = 0; turn < entrants.length; turn += 1) {
      const index = (round + turn) % entrants.length;
      const entrant = entrants[index];
      const own = times[index];
      if (entrant === undefined || own === undefined) continue;
      if (own.length >= MAX_SLOW_ROUNDS && Math.min(...own) > SLOW_MS * 1e6) continue;
      own.push(await timeOf(entrant, options.budgetMs, own.length === 0));
    }
  }
  return entrants.map(({ name, flaw }, index) => ({
    name,
    ...(flaw === undefined ? {} : { flaw }),
    nanoseconds: times[index] ?? [],
  }));
}

async function timeOf({ run }: Entrant, budgetMs: number, isFirst: boolean): Promise<number> {
  const warmUpMs = isFirst ? Math.max(FIRST_WARM_UP_MS, budgetMs) : budgetMs;
  const start = performance.now();
  keep(await run());
  const first = performance.now() - start;
  if (first > SLOW_MS) return first * 1e6;
  collectGarbage();
  // What the others did, and the collection, have cost it compiled code: it gets that back before it counts.
  while (performance.now() - start < warmUpMs) keep(await run());
  const { p50 } = await measure(run, { min_cpu_time: budgetMs * 1e6, min_samples: 5, gc: false });
  return p50;
}

/** Collects everything that can be. */
export const collectGarbage: () => void = exposeGarbageCollector();

function exposeGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('Cannot time fairly: this Node has no gc()');
  return () => {
    collect();
  };
}
