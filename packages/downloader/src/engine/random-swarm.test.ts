import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { RandomSwarm } from '../testing/random-swarm.ts';

const HOUR_MS = 3_600_000;

describe('Torrent in a swarm left to chance', () => {
  it('ends with every byte, takes no wrong one, and keeps its counts right', async () => {
    for (const seed of upTo(100)) {
      const faults: string[] = [];
      const random = new RandomSwarm(seed);
      await random.swarm.run(random.torrent(faults), { limitMs: HOUR_MS });
      expect({ seed, isWhole: random.swarm.isWhole, faults }).toEqual({ seed, isWhole: true, faults: [] });
      expect(random.swarm.timerCount).toBe(0);
    }
  });

  it('lets go of everything when stopped at any moment, and goes on from there', async () => {
    for (const seed of upTo(60)) {
      const faults: string[] = [];
      const random = new RandomSwarm(1_000 + seed);
      const { swarm } = random;
      for (const signal of [random.stopSoon(), random.stopSoon(), undefined]) {
        const running = swarm.run(random.torrent(faults), { limitMs: HOUR_MS, ...(signal && { signal }) });
        await running.catch((error: unknown) => expect(error).toBe(signal?.reason));
        expect({ seed, faults, timers: swarm.timerCount }).toEqual({ seed, faults: [], timers: 0 });
      }
      expect(swarm.isWhole).toBe(true);
    }
  });
});
