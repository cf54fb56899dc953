import type { Clock } from '../clock.ts';
import type { PieceStore } from '../storage/piece-store.ts';

/** What a store was asked to hold. */
export interface DiskUse {
  /** Bytes of all memory for pieces that it made. */
  allocatedLength: number;
  /** Bytes of pieces that it has verified and written. */
  writtenLength: number;
}

/** Slows a store down to so many bytes a second, one piece after the other, and watches what it is asked to hold. */
export function slowDown(store: PieceStore, clock: Clock, bytesPerSecond: () => number): DiskUse {
  const use = { allocatedLength: 0, writtenLength: 0 };
  const allocate = store.allocate.bind(store);
  store.allocate = (length) => {
    use.allocatedLength += length;
    return allocate(length);
  };
  const commit = store.commit.bind(store);
  let freeMs = 0;
  store.commit = async (index, bytes) => {
    const { length } = bytes;
    freeMs = Math.max(freeMs, clock.now()) + (length * 1_000) / bytesPerSecond();
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.setTimer(freeMs - clock.now(), resolve);
    await promise;
    const committed = await commit(index, bytes);
    use.writtenLength += length;
    return committed;
  };
  return use;
}
