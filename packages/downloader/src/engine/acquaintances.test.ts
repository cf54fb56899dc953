import { peerId } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { DownloadError } from '../error.ts';
import { Acquaintances } from './acquaintances.ts';

const ID = { low: peerId(new Uint8Array(20).fill(1)), high: peerId(new Uint8Array(20).fill(2)) };

/** One connection, as far as it matters who opened it. */
function connection(isIncoming: boolean, host: string, port: number) {
  const closes: unknown[] = [];
  return {
    isIncoming,
    address: { host, port },
    closes,
    close: (reason: unknown) => void closes.push(reason),
  };
}

/** Whether a connection is refused, when one with the same peer is there already. */
function isRefused(meet: () => void): boolean {
  try {
    meet();
    return false;
  } catch (error) {
    expect(DownloadError.is(error) && error.code).toBe('PEER_DUPLICATE');
    return true;
  }
}

describe('Acquaintances', () => {
  it.each([
    [6881, 7000, ID.low, ID.high],
    [7000, 6881, ID.low, ID.high],
    [6881, 6881, ID.low, ID.high],
    [6881, 6881, ID.high, ID.low],
  ])(
    'has two at ports %i and %i that call each other keep the same connection, whichever comes first',
    (ownPort, otherPort, own, other) => {
      const kept = [true, false].map((isOwnFirst) => {
        // What one side opened is incoming at the other, from a port that says nothing.
        const sides = [
          {
            ids: new Acquaintances({ peerId: own, port: ownPort }),
            remote: other,
            port: otherPort,
            isFirst: isOwnFirst,
          },
          {
            ids: new Acquaintances({ peerId: other, port: otherPort }),
            remote: own,
            port: ownPort,
            isFirst: !isOwnFirst,
          },
        ];
        return sides.map(({ ids, remote, port, isFirst }) => {
          const opened = connection(false, '10.0.0.1', port);
          const incoming = connection(true, '10.0.0.1', 50_000);
          const [first, second] = isFirst ? [opened, incoming] : [incoming, opened];
          ids.meet(first, remote);
          if (isRefused(() => ids.meet(second, remote))) return first === opened ? 'opened' : 'incoming';
          expect(first.closes).toHaveLength(1);
          return second === opened ? 'opened' : 'incoming';
        });
      });
      // One side's opened connection is the other's incoming one.
      for (const [one, two] of kept) expect(new Set([one, two])).toEqual(new Set(['opened', 'incoming']));
      expect(kept[0]).toEqual(kept[1]);
    },
  );

  it('keeps the first of two that one side opened, and lets no one elsewhere take the place of a peer by its id', () => {
    const ids = new Acquaintances({ peerId: ID.low, port: 7000 });
    const first = connection(false, '10.0.0.1', 6881);
    ids.meet(first, ID.high);
    expect(isRefused(() => ids.meet(connection(false, '10.0.0.1', 6881), ID.high))).toBe(true);
    expect(isRefused(() => ids.meet(connection(true, '10.0.0.2', 50_000), ID.high))).toBe(true);
    expect(first.closes).toEqual([]);
    ids.part(first);
    expect(isRefused(() => ids.meet(connection(true, '10.0.0.2', 50_000), ID.high))).toBe(false);
  });
});
