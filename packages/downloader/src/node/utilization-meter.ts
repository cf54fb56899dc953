import type { EventLoopUtilization } from 'node:perf_hooks';

/** Makes a function that tells what share of its time, 0 to 1, this thread was busy since the last call, or at all. */
export function utilizationMeter(): () => number {
  let last: EventLoopUtilization | undefined;
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = last === undefined ? now : performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
