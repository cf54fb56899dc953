import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestRing } from './request-ring.ts';

describe('RequestRing', () => {
  it('holds what was put in and not taken out, oldest first, however many and in whatever order', () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      taken: fc.array(fc.nat(), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const ring = new RequestRing();
        const model: number[] = [];
        let next = 0;
        for (const { count, taken } of steps) {
          for (let put = 0; put < count; put += 1) {
            ring.push(next >> 4, next & 15, next);
            model.push(next);
            next += 1;
          }
          for (const at of taken) {
            const [request] = model.splice(at % Math.max(model.length, 1), 1);
            if (request === undefined) continue;
            const place = ring.find(request >> 4, request & 15);
            expect(ring.sentMs(place)).toBe(request);
            ring.drop(place);
            expect(ring.find(request >> 4, request & 15)).toBe(-1);
          }
          expect([ring.length, ring.oldestSentMs]).toEqual([model.length, model[0]]);
        }
        const left: number[] = [];
        ring.clear((index, block) => left.push(index * 16 + block));
        expect([left, ring.length, ring.oldestSentMs]).toEqual([model, 0, undefined]);
      }),
      { numRuns: 300 },
    );
  });
});
