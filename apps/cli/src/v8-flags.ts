/** What a download throws away would make V8's nursery grow to 32 MiB. As small as it begins it costs no more time. */
const SMALL_NURSERY = '--semi-space-growth-factor=1';
/**
 * V8's last compiler makes what runs for every block a little quicker, and takes a tenth of a second for it: that pays off
 * after some 5 GiB, not after 50 MiB.
 */
const LATE_TURBOFAN = '--invocation-count-for-turbofan=300000';

/**
 * Returns V8's flags for something that runs long. V8 complains on the terminal of flags that it does not know, so they are
 * for versions that have been looked at; with 12, of Node 22, there is no other compiler before the last.
 *
 * @param version - Of V8, as in `process.versions`.
 */
export function v8Flags(version: string): readonly string[] {
  const [major] = version.split('.');
  if (major === '12') return [SMALL_NURSERY];
  return major === '13' || major === '14' ? [SMALL_NURSERY, LATE_TURBOFAN] : [];
}
