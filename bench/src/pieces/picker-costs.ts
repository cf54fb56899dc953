import { PiecePicker } from '@millrace/downloader';
import { seededRandom } from '@millrace/testkit';
import { someOf } from './blind-store.ts';

/** Picks that are timed, so that no picker runs out. */
const PICKS = 900;

/** Times one pick, in nanoseconds, with many peers of which each has half of the pieces, and one that has all of them. */
export function pickNanoseconds(pieceCount: number, peerCount: number): number {
  const random = seededRandom(4);
  const picker = new PiecePicker(pieceCount, { random });
  for (let peer = 0; peer < peerCount; peer += 1) picker.addPeer(peer, someOf(pieceCount, 0.5, random));
  picker.addPeer(peerCount, someOf(pieceCount, 1, random));
  const start = performance.now();
  for (let pick = 0; pick < PICKS; pick += 1) {
    const piece = picker.pick(pick % (peerCount + 1));
    if (piece !== undefined) picker.complete(piece);
  }
  return ((performance.now() - start) * 1e6) / PICKS;
}
