import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** How long the condition may take; 15 s if not given. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks again and again until `condition` gives something else than `undefined` or `false`.
 *
 * @param what Ends the sentence "Cannot wait any longer for …".
 * @throws {Error} when the time is over; the condition's own errors pass through at once.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 15_000, everyMs = 20 } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > end)
      throw new Error(`Cannot wait any longer for ${what}: ${timeoutMs} ms are over`);
    await sleep(everyMs);
  }
}
