import { readFileSync } from 'node:fs';

/** Names the current run of the system: what was written during it is there also if it never reached the disk. */
export function bootId(): Uint8Array {
  try {
    return new TextEncoder().encode(readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  } catch {
    return new Uint8Array(0); // not on every system
  }
}
