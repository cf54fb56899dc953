import { describe, expect, it } from 'vitest';
import { JobPlace } from './job-place.ts';

const MEBIBYTE = 1024 * 1024;

function place({ pieceLength = 262_144, cores = 8, utilization = (): number => 0.1 } = {}): JobPlace {
  return new JobPlace({ pieceLength, cores, utilization });
}

/** Does a job of two milliseconds every ten, until `toMs`. */
function work(at: JobPlace, toMs: number): void {
  for (let nowMs = 0; nowMs <= toMs; nowMs += 10) at.done(nowMs, nowMs + 2);
}

describe('JobPlace', () => {
  it('stays with the network while jobs are short and the thread has time', () => {
    const here = place();
    work(here, 10_000);
    expect(here.isHere).toBe(true);
  });

  it.each([
    [4 * MEBIBYTE, true],
    [4 * MEBIBYTE + 1, false],
    [16 * MEBIBYTE, false],
  ])('leaves pieces of %i bytes here: %s', (pieceLength, isHere) => {
    expect(place({ pieceLength }).isHere).toBe(isHere);
  });

  it('leaves for good once a job took far too long', () => {
    const here = place();
    here.done(0, 525);
    expect(here.isHere).toBe(true);
    here.done(600, 628);
    here.done(700, 701);
    expect(here.isHere).toBe(false);
  });

  it('leaves when jobs take somewhat too long again and again', () => {
    const here = place();
    let jobs = 0;
    while (here.isHere && jobs < 100) here.done((jobs += 1) * 100, jobs * 100 + 40);
    expect(jobs).toBe(39);
  });

  it('stays when a job was late now and then, as on a machine with much else to do', () => {
    const here = place();
    for (let job = 0; job < 10_000; job += 1) here.done(job * 100, job * 100 + (job % 64 === 0 ? 60 : 2));
    expect(here.isHere).toBe(true);
  });

  it('leaves when the thread is busy and there are cores to go to', () => {
    const busy = place({ utilization: () => 0.8 });
    work(busy, 400);
    expect(busy.isHere).toBe(true);
    work(busy, 1_000);
    expect(busy.isHere).toBe(false);
  });

  it('does not count what was before the first job', () => {
    const rounds = [1, 0.2, 0.2, 0.2];
    const here = place({ utilization: () => rounds.shift() ?? 0 });
    work(here, 1_200);
    expect([here.isHere, rounds.length]).toEqual([true, 1]);
  });

  it('stays, however busy, where there is no core to go to', () => {
    const busy = place({ cores: 2, utilization: () => 1 });
    work(busy, 5_000);
    expect(busy.isHere).toBe(true);
  });
});
