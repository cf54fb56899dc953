import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootOfResumeState } from './resume-state.ts';

const DAY_MS = 86_400_000;
/** Content that is not there for so long is no disk that is only unplugged. */
const MAX_AGE_MS = 30 * DAY_MS;
const MAX_STATES = 1_000;
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * Keeps a folder of states from growing for ever: those of content that is gone go after thirty days, and of more than a
 * thousand the oldest. Whatever cannot be looked at or removed stays.
 *
 * @param nowMs - Milliseconds since 1970.
 */
export function tidyStates(folder: string, nowMs: number, maxStates: number = MAX_STATES): void {
  const states = readdirSync(folder)
    .filter((name) => name.endsWith('.resume'))
    .map((name) => ({ path: join(folder, name), savedMs: savedMs(join(folder, name)) }))
    .toSorted((one, other) => other.savedMs - one.savedMs);
  for (const [rank, { path, savedMs: at }] of states.entries()) {
    const isStale = nowMs - at > MAX_AGE_MS && isOfNothing(path);
    if (rank >= maxStates || isStale)
      for (const each of [path, `${path}.old`, `${path}.new`]) rmSync(each, { force: true });
  }
}

function savedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Whether the content is gone, as far as the state says where it was. */
function isOfNothing(path: string): boolean {
  try {
    if (statSync(path).size > MAX_LENGTH) return true;
    const root = rootOfResumeState(readFileSync(path));
    return root === undefined || !(existsSync(root) || existsSync(`${root}.part`));
  } catch {
    return false;
  }
}
