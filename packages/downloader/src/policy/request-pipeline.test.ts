import * as fc from 'fast-check';
import { BLOCK_LENGTH } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { RequestPipeline } from './request-pipeline.ts';

/**
 * A link that holds `rate` bytes a millisecond and answers after `rttMs`: runs a pipeline on it and returns its last window,
 * what came, and how many requests were sent at a time in the second half.
 */
function windowAfter(
  ms: number,
  link: { rttMs: number; rate: number; maxWindow?: number },
  limit?: number,
): { window: number; received: number; batch: number } {
  const pipeline = new RequestPipeline(link.maxWindow === undefined ? {} : { maxWindow: link.maxWindow });
  if (limit !== undefined) pipeline.limit(limit);
  const arrivals: { at: number; block: number }[] = [];
  let freeAt = 0;
  let nextBlock = 0;
  let received = 0;
  let sentLate = 0;
  let batches = 0;
  for (let now = 0; now < ms; now += 1) {
    while (arrivals[0] !== undefined && arrivals[0].at <= now) {
      const { block } = arrivals.shift() ?? { block: -1 };
      expect(pipeline.received(0, block, BLOCK_LENGTH, now)).toBe(true);
      received += BLOCK_LENGTH;
    }
    if (now > ms / 2 && pipeline.room > 0) batches += 1;
    for (let room = pipeline.room; room > 0; room -= 1) {
      if (now > ms / 2) sentLate += 1;
      freeAt = Math.max(freeAt, now + link.rttMs) + BLOCK_LENGTH / link.rate;
      arrivals.push({ at: freeAt, block: nextBlock });
      pipeline.sent(0, nextBlock, now);
      nextBlock += 1;
    }
  }
  return { window: pipeline.window, received, batch: sentLate / batches };
}

describe('RequestPipeline', () => {
  it('sends 16 requests at first, and none more until half are answered', () => {
    const pipeline = new RequestPipeline();
    expect(pipeline.room).toBe(16);
    for (let block = 0; block < 16; block += 1) pipeline.sent(0, block, 0);
    expect(pipeline.room).toBe(0);
    // Each answer makes the window one larger, and leaves one less in flight.
    for (let block = 0; block < 5; block += 1) pipeline.received(0, block, BLOCK_LENGTH, 1);
    expect([pipeline.window, pipeline.inFlight, pipeline.room]).toEqual([21, 11, 10]);
    pipeline.sent(0, 16, 1);
    expect(pipeline.room).toBe(0);
  });

  it('fills a long fast link: 25 MB/s at 100 ms of round trip', () => {
    const link = { rttMs: 100, rate: 25_000 };
    const first = windowAfter(1_500, link).received;
    const whole = windowAfter(5_000, link).received;
    expect((whole - first) / 3_500).toBeGreaterThan(0.98 * link.rate);
  });

  it('asks a near peer for half a window at a time, a far one sooner, and keeps both busy', () => {
    const near = windowAfter(3_000, { rttMs: 1, rate: 500_000 });
    expect([near.window, Math.floor(near.batch / 125)]).toEqual([250, 1]);
    expect(near.received).toBeGreaterThan(0.95 * 3_000 * 500_000);
    const far = windowAfter(3_000, { rttMs: 100, rate: 25_000 });
    expect(far.batch).toBeLessThan(40);
  });

  it('takes a link for full after three flat rounds, not after one', () => {
    const pipeline = new RequestPipeline();
    let block = 0;
    /** Answers `count` requests at once, `rttMs` after they were sent. */
    const passRound = (now: number, count: number): number => {
      for (let sent = 0; sent < count; sent += 1) pipeline.sent(0, block + sent, now);
      for (const end = block + count; block < end; block += 1) {
        pipeline.received(0, block, BLOCK_LENGTH, now + 200);
      }
      return pipeline.window;
    };
    // A round's blocks are counted when the next one begins.
    expect([passRound(0, 20), passRound(200, 10)]).toEqual([36, 46]);
    expect([passRound(400, 10), passRound(600, 40)]).toEqual([56, 96]); // two flat rounds: the window grows on
    expect([passRound(800, 40), passRound(1_000, 40), passRound(1_200, 40)]).toEqual([136, 176, 216]);
    // The third flat one. 40 blocks in 200 ms are 44 in 220 ms; twice that, and 4.
    expect(passRound(1_400, 40)).toBe(92);
  });

  it('keeps little on a slow link: 200 kB/s at 20 ms', () => {
    expect(windowAfter(10_000, { rttMs: 20, rate: 200 }).window).toBeLessThanOrEqual(24);
  });

  it('never exceeds what the peer takes', () => {
    expect(windowAfter(5_000, { rttMs: 200, rate: 1_000_000, maxWindow: 100 }).window).toBeLessThanOrEqual(
      100,
    );
  });

  it('asks a peer on probation for no more than allowed, however fast it is', () => {
    const pipeline = new RequestPipeline({ probationWindow: 20 });
    for (let block = 0; block < 100; block += 1) {
      pipeline.sent(0, block, 0);
      pipeline.received(0, block, BLOCK_LENGTH, 1);
    }
    expect(pipeline.window).toBe(20);
    pipeline.endProbation();
    expect(pipeline.window).toBe(116);
  });

  it('keeps one request with a peer that owes, until it sends a block', () => {
    const pipeline = new RequestPipeline();
    pipeline.sent(0, 0, 0);
    pipeline.snub();
    expect([pipeline.isSnubbed, pipeline.window]).toEqual([true, 1]);
    pipeline.received(0, 0, BLOCK_LENGTH, 30_000);
    expect(pipeline.isSnubbed).toBe(false);
    expect(pipeline.window).toBeGreaterThan(1);
  });

  it('knows the oldest request, also after others were answered out of order', () => {
    const pipeline = new RequestPipeline();
    pipeline.sent(0, 0, 10);
    pipeline.sent(0, 1, 20);
    pipeline.sent(0, 2, 30);
    pipeline.received(0, 1, BLOCK_LENGTH, 40);
    expect(pipeline.oldestSentMs).toBe(10);
    pipeline.release(0, 0);
    expect(pipeline.oldestSentMs).toBe(30);
    pipeline.received(0, 2, BLOCK_LENGTH, 40);
    expect(pipeline.oldestSentMs).toBeUndefined();
  });

  it('holds exactly the requests that were sent and not taken out, in whatever order they are answered', () => {
    const step = fc.record({ take: fc.boolean(), at: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const pipeline = new RequestPipeline({ maxWindow: 20 });
        const model: number[] = [];
        let next = 0;
        for (const { take, at } of steps) {
          if (take && model.length > 0) {
            const [block] = model.splice(at % model.length, 1);
            expect(pipeline.has(block ?? -1, block ?? -1)).toBe(true);
            expect(pipeline.received(block ?? -1, block ?? -1, BLOCK_LENGTH, next)).toBe(true);
            expect(pipeline.received(block ?? -1, block ?? -1, BLOCK_LENGTH, next)).toBe(false);
          } else if (model.length < 20) {
            pipeline.sent(next, next, next);
            model.push(next);
            next += 1;
          }
          expect(pipeline.inFlight).toBe(model.length);
          expect(pipeline.oldestSentMs).toBe(model[0]);
        }
        const released: number[] = [];
        pipeline.releaseAll((index) => released.push(index));
        expect(released).toEqual(model);
        expect(pipeline.inFlight).toBe(0);
      }),
    );
  });

  it('keeps no more with a peer than it says it takes', () => {
    const link = { rttMs: 100, rate: 25_000 };
    for (const count of [1, 31, 100]) expect(windowAfter(5_000, link, count).window).toBe(count);
  });

  it('keeps as much as a long fast link holds with a peer that takes it: 100 MB/s at 200 ms', () => {
    const link = { rttMs: 200, rate: 100_000 };
    const usual = windowAfter(6_000, link);
    const large = windowAfter(6_000, link, 2_000);
    expect(usual.window).toBe(250);
    expect(large.window).toBeGreaterThan((link.rttMs * link.rate) / BLOCK_LENGTH);
    expect(large.received).toBeGreaterThan(4 * usual.received);
    expect(windowAfter(6_000, link, 1_000_000).window).toBeLessThanOrEqual(2_000);
  });

  it('keeps twice the usual with a quick peer that is near, and takes it; never more for being quick', () => {
    const near = { rttMs: 1, rate: 500_000 };
    const windows = [undefined, 400, 500, 2_000].map((limit) => windowAfter(3_000, near, limit).window);
    expect(windows).toEqual([250, 400, 500, 500]);
    const far = { rttMs: 40, rate: 50_000 };
    expect(windowAfter(3_000, far, 2_000).window).toBeLessThan(260);
  });

  it('loses no request when it grows with some in flight', () => {
    const pipeline = new RequestPipeline({ maxWindow: 8 });
    for (let block = 0; block < 12; block += 1) pipeline.sent(3, block, block);
    for (const block of [0, 1, 5]) pipeline.release(3, block);
    pipeline.limit(1_000);
    for (let block = 12; block < 900; block += 1) pipeline.sent(3, block, block);
    expect([pipeline.inFlight, pipeline.oldestSentMs, pipeline.has(3, 5)]).toEqual([897, 2, false]);
    const left: number[] = [];
    pipeline.releaseAll((_, block) => left.push(block));
    expect(left).toEqual(
      Array.from({ length: 900 }, (_, block) => block).filter((block) => ![0, 1, 5].includes(block)),
    );
  });

  it('asks for half as much at a time after a refusal', () => {
    const pipeline = new RequestPipeline();
    pipeline.refused();
    pipeline.refused();
    expect(pipeline.window).toBe(8);
  });
});
