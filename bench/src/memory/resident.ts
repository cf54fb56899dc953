import { readFileSync } from 'node:fs';

/** Resident memory of a process, as the kernel counts it. */
export interface Resident {
  readonly bytes: number;
  /** The most it ever was. */
  readonly peakBytes: number;
  /** Without mapped files, which is to say without the program's own code. */
  readonly anonymousBytes: number;
}

/** Looks a process up; `undefined` if it has ended. */
export function residentOf(pid: number): Resident | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return undefined;
  }
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1] ?? 0) * 1024;
  const peakBytes = bytes('VmHWM');
  // Without these lines it is a process that has ended and that no one has asked about yet.
  if (peakBytes === 0) return undefined;
  return { bytes: bytes('VmRSS'), peakBytes, anonymousBytes: bytes('RssAnon') };
}
