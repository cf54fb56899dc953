/** Slots where little can be sent: with one alone, a peer that takes slowly would hold up everything. */
const MIN_SLOTS = 2;
/** Slots where there is no limit and nothing was sent yet. */
const UNLIMITED_MIN_SLOTS = 8;
const MAX_SLOTS = 50;
/** Slots are the root of so many times the rate in KiB a second. */
const SHARE = 0.6;

/**
 * Decides how many peers get regular slots: √(0.6 × rate in KiB a second), 2 to 50. So 4 at 30 KiB/s, 8 at 100 KiB/s, 25
 * at 1 MiB/s: each slot is worth more the more there is. Without a limit it follows what is being sent, 8 at the least.
 *
 * @param limit - Bytes a second that may be sent for this torrent; infinite if there is no limit.
 * @param sentPerSecond - Bytes a second that are sent now.
 */
export function uploadSlots(limit: number, sentPerSecond: number): number {
  const isLimited = limit !== Infinity;
  const slots = Math.round(Math.sqrt((SHARE * (isLimited ? limit : sentPerSecond)) / 1024));
  return Math.min(Math.max(slots, isLimited ? MIN_SLOTS : UNLIMITED_MIN_SLOTS), MAX_SLOTS);
}
