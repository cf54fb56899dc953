/** V8's flags for something that runs long. */
export interface V8Flags {
  /** For the time from when all is loaded. */
  readonly first: readonly string[];
  /** For when it has been running for a while. */
  readonly later: readonly string[];
  /** What makes V8 again what it was at the start. */
  readonly original: readonly string[];
}

/** What a download throws away would make V8's nursery grow to 32 MiB. As small as it begins it costs no more time. */
const SMALL_NURSERY = '--semi-space-growth-factor=1';
/** V8's own. */
const USUAL_NURSERY = '--semi-space-growth-factor=2';

const NONE: V8Flags = { first: [], later: [], original: [] };
const ONLY_ONE_COMPILER: V8Flags = { first: [SMALL_NURSERY], later: [], original: [USUAL_NURSERY] };
/**
 * V8's last compiler makes what runs for every block a little quicker, and takes a tenth of a second for it: that pays off
 * after some 5 GiB, not after 50 MiB. Asked to wait (`--invocation-count-for-turbofan`) it does not when it is asked this late.
 */
const LATE_TURBOFAN: V8Flags = {
  first: [SMALL_NURSERY, '--no-turbofan'],
  later: ['--turbofan'],
  original: [USUAL_NURSERY, '--turbofan'],
};

/**
 * Returns V8's flags for something that runs long. V8 complains on the terminal of flags that it does not know, so they are
 * for versions that have been looked at; with 12, of Node 22, there is no other compiler before the last.
 *
 * @param version - Of V8, as in `process.versions`.
 */
export function v8Flags(version: string): V8Flags {
  const [major] = version.split('.');
  if (major === '12') return ONLY_ONE_COMPILER;
  return major === '13' || major === '14' ? LATE_TURBOFAN : NONE;
}
