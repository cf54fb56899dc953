import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerOrigin } from '../peer-source.ts';

/** A peer to connect to. */
export interface Candidate {
  /** `host:port`. */
  readonly key: string;
  readonly address: PeerAddress;
}

/** A peer we know of, whether or not we are connected. */
export interface KnownPeer extends Candidate {
  /** Of all that named it, the one of best repute. */
  origin: PeerOrigin;
  isBusy: boolean;
  /** Whether it shook hands when it was tried last. */
  wasReached: boolean;
  /** Tries in a row that came to nothing. */
  failureCount: number;
  nextTryMs: number;
  /** Bytes of use that it gave: those who gave are asked first. */
  givenLength: number;
  /** How much it and we are meant for each other; 0 while we do not know where others see us. */
  priority: number;
}

/** What an origin vouches for, best first. */
export const REPUTE: readonly PeerOrigin[] = ['given', 'lan', 'tracker', 'link', 'incoming', 'dht', 'pex'];

/** Which of two is asked first; neither, where they are alike. */
export function isBetter(a: KnownPeer, b: KnownPeer): boolean {
  if (a.givenLength !== b.givenLength) return a.givenLength > b.givenLength;
  if (a.failureCount !== b.failureCount) return a.failureCount < b.failureCount;
  return isPreferred(a, b);
}

/** Which of two that gave and failed alike is asked first. */
export function isPreferred(
  a: Pick<KnownPeer, 'origin' | 'priority'>,
  b: Pick<KnownPeer, 'origin' | 'priority'>,
): boolean {
  return a.origin === b.origin ? a.priority > b.priority : isBetterOrigin(a.origin, b.origin);
}

export function isBetterOrigin(a: PeerOrigin, b: PeerOrigin): boolean {
  return REPUTE.indexOf(a) < REPUTE.indexOf(b);
}
