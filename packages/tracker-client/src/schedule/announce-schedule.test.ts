import { describe, expect, it } from 'vitest';
import { TrackerError, type TrackerErrorDetail } from '../error.ts';
import { AnnounceSchedule, type DueAnnounce } from './announce-schedule.ts';

const HOUR = 3_600_000;
const DOWN = new Error('down');

/** A schedule that draws nothing: tiers stay in order, delays are exact. */
function scheduleOf(...tiers: readonly (readonly string[])[]): AnnounceSchedule {
  return new AnnounceSchedule({ tiers, random: () => 0 });
}

function allOf(...tiers: readonly (readonly string[])[]): AnnounceSchedule {
  return new AnnounceSchedule({ tiers, announceToAll: true, random: () => 0 });
}

function nextOf(schedule: AnnounceSchedule, nowMs: number): DueAnnounce {
  const due = schedule.next(nowMs);
  if (due === undefined) throw new Error('no announce is due');
  return due;
}

/** Announces that all fail, until one is not due. */
function failing(schedule: AnnounceSchedule, nowMs: number, error: unknown = DOWN): string[] {
  const trackers: string[] = [];
  for (let due = schedule.next(nowMs); due !== undefined; due = schedule.next(nowMs)) {
    trackers.push(due.tracker);
    schedule.failed(due, error, nowMs);
  }
  return trackers;
}

function answering(
  schedule: AnnounceSchedule,
  nowMs: number,
  intervalMs = HOUR,
  minIntervalMs?: number,
): DueAnnounce {
  const due = nextOf(schedule, nowMs);
  schedule.succeeded(due, { intervalMs, minIntervalMs }, nowMs);
  return due;
}

type Distributed<T> = T extends unknown ? Omit<T, 'tracker'> : never;
type Detail = Distributed<TrackerErrorDetail>;

function trackerError(detail: Detail): TrackerError {
  return new TrackerError({ tracker: undefined, ...detail });
}

/** Pauses between the failures of a schedule's only tracker, in seconds. */
function pauses(schedule: AnnounceSchedule, count: number, error: unknown = DOWN): number[] {
  let now = 0;
  return Array.from({ length: count }, () => {
    expect(failing(schedule, now, error)).toEqual(['a']);
    const pauseMs = schedule.dueMs - now;
    now = schedule.dueMs;
    return pauseMs / 1_000;
  });
}

describe('AnnounceSchedule', () => {
  it('asks every tracker of a tier before the next tier, then rests', () => {
    const schedule = scheduleOf(['a', 'b', 'c'], ['d'], ['e', 'f']);
    expect(failing(schedule, 0)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(schedule.dueMs).toBe(15_000);
    expect(failing(schedule, 15_000)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('asks one at a time', () => {
    const schedule = scheduleOf(['a', 'b'], ['c']);
    const due = nextOf(schedule, 0);
    expect([schedule.next(0), schedule.dueMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    schedule.failed(due, DOWN, 7);
    expect(schedule.next(7)?.tracker).toBe('b');
  });

  it('shuffles a tier, not the tiers', () => {
    const orderOf = (...draws: number[]): string[] => {
      const tiers = [['a', 'b'], ['c']];
      return failing(new AnnounceSchedule({ tiers, random: () => draws.shift() ?? 0 }), 0);
    };
    expect(orderOf(0.1, 0.9, 0.5)).toEqual(['a', 'b', 'c']);
    expect(orderOf(0.9, 0.1, 0)).toEqual(['b', 'a', 'c']);
  });

  it('asks a tracker that is listed twice once', () => {
    expect(failing(scheduleOf(['a', 'a'], ['b', 'a']), 0)).toEqual(['a', 'b']);
    expect(failing(allOf(['a', 'a'], ['b', 'a']), 0)).toEqual(['a', 'b']);
  });

  it('asks the tracker of a tier that answered first next time, and the first tier before it', () => {
    const schedule = scheduleOf(['dead'], ['a', 'b', 'c']);
    schedule.failed(nextOf(schedule, 0), DOWN, 0);
    schedule.failed(nextOf(schedule, 0), DOWN, 0);
    expect(answering(schedule, 0).tracker).toBe('b');
    expect([schedule.next(HOUR - 1), schedule.dueMs]).toEqual([undefined, HOUR]);
    expect(failing(schedule, HOUR)).toEqual(['dead', 'b', 'a', 'c']);
  });

  it('rests twice as long each time that all fail, up to half an hour', () => {
    expect(pauses(scheduleOf(['a']), 10)).toEqual([15, 30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]);
  });

  it('begins anew with short rests after an answer', () => {
    const schedule = scheduleOf(['a']);
    pauses(schedule, 3);
    answering(schedule, 105_000);
    expect(schedule.failed(nextOf(schedule, 105_000 + HOUR), DOWN, 105_000 + HOUR)).toBe(15_000);
  });

  it('leaves a site that is no tracker alone for a quarter of an hour at least, up to a day', () => {
    const notTracker = trackerError({ code: 'NOT_HTTP', reason: 'x' });
    expect(pauses(scheduleOf(['a']), 9, notTracker).map((seconds) => seconds / 60)).toEqual([
      15, 30, 60, 120, 240, 480, 960, 1_440, 1_440,
    ]);
    const status = (code: number): number[] =>
      pauses(scheduleOf(['a']), 1, trackerError({ code: 'HTTP_STATUS', status: code, retryMs: undefined }));
    expect([status(403), status(503), status(429)]).toEqual([[900], [15], [15]]);
  });

  it('waits as long as a tracker says that fails, and asks the others meanwhile', () => {
    const schedule = scheduleOf(['a'], ['b']);
    const busy = trackerError({ code: 'FAILURE', reason: 'busy', retryMs: HOUR, status: undefined });
    schedule.failed(nextOf(schedule, 0), busy, 0);
    expect(failing(schedule, 0)).toEqual(['b']);
    expect(failing(schedule, 15_000)).toEqual(['b']);
    expect(failing(schedule, HOUR)).toEqual(['a', 'b']);
  });

  it.each<Detail>([
    { code: 'FAILURE', reason: 'gone', retryMs: 'never', status: undefined },
    { code: 'HTTP_STATUS', status: 404, retryMs: undefined },
    { code: 'HTTP_STATUS', status: 410, retryMs: undefined },
    { code: 'UNSUPPORTED_PROTOCOL', protocol: 'wss:' },
    { code: 'UNSUPPORTED_THROUGH_PROXY', protocol: 'udp:' },
    { code: 'INVALID_URL', problem: 'NOT_A_URL' },
    { code: 'ADDRESS_REFUSED', address: '127.0.0.1', problem: 'LOCAL_PATH' },
  ])('does not ask again after %j', (detail) => {
    const schedule = scheduleOf(['a', 'b']);
    expect(schedule.failed(nextOf(schedule, 0), trackerError(detail), 0)).toBe(0);
    expect(failing(schedule, 0)).toEqual(['b']);
    expect(failing(schedule, 1e12)).toEqual(['b']);
    const due = nextOf(schedule, 1e13);
    expect(schedule.failed(due, trackerError(detail), 1e13)).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.isEmpty).toBe(true);
  });

  it.each([
    [0, 60_000],
    [-5, 60_000],
    [59_999, 60_000],
    [1_800_000, 1_800_000],
    [1e15, 24 * HOUR],
  ])('takes an interval of %d ms as %d', (intervalMs, expected) => {
    const schedule = scheduleOf(['a']);
    answering(schedule, 7, intervalMs);
    expect(schedule.dueMs).toBe(7 + expected);
  });

  it('spreads announces over a twentieth more than was asked for, never less', () => {
    const schedule = new AnnounceSchedule({ tiers: [['a']], random: () => 0.5 });
    answering(schedule, 0);
    expect(schedule.dueMs).toBe(3_690_000);
    expect(schedule.failed(nextOf(schedule, 2 * HOUR), DOWN, 2 * HOUR)).toBe(15_375);
  });

  it('hurries no more than the tracker allows', () => {
    const schedule = scheduleOf(['a']);
    answering(schedule, 0, HOUR, 300_000);
    expect(schedule.hurry(1_000)).toBe(300_000);
    answering(schedule, 300_000);
    expect(schedule.hurry(301_000)).toBe(360_000);
  });

  it('does not hurry past the rest after failures', () => {
    const schedule = scheduleOf(['a']);
    failing(schedule, 0);
    expect(schedule.hurry(1)).toBe(15_000);
  });

  it('is in a hurry while nobody has answered and others wait', () => {
    const schedule = scheduleOf(['a'], ['b']);
    const first = nextOf(schedule, 0);
    schedule.failed(first, DOWN, 0);
    const last = nextOf(schedule, 0);
    schedule.succeeded(last, { intervalMs: HOUR }, 0);
    expect([first, last, nextOf(schedule, HOUR)].map(({ isUrgent }) => isUrgent)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('AnnounceSchedule and events', () => {
  it('tells started until the tracker answers, and completed once', () => {
    const schedule = scheduleOf(['a']);
    schedule.failed(nextOf(schedule, 0), DOWN, 0);
    expect(answering(schedule, 15_000).event).toBe('started');
    schedule.complete();
    expect(answering(schedule, 20_000)).toMatchObject({ tracker: 'a', event: 'completed' });
    schedule.complete();
    expect(schedule.next(21_000)).toBeUndefined();
    expect(nextOf(schedule, 20_000 + HOUR).event).toBeUndefined();
  });

  it('tells completed to each tracker that was started, and to no other', () => {
    const schedule = scheduleOf(['dead'], ['a', 'b']);
    schedule.failed(nextOf(schedule, 0), DOWN, 0);
    answering(schedule, 0);
    expect(failing(schedule, HOUR)).toEqual(['dead', 'a', 'b']);
    schedule.failed(nextOf(schedule, HOUR + 30_000), DOWN, HOUR + 30_000);
    schedule.failed(nextOf(schedule, HOUR + 30_000), DOWN, HOUR + 30_000);
    answering(schedule, HOUR + 30_000);
    schedule.complete();
    expect(answering(schedule, HOUR + 40_000)).toMatchObject({ tracker: 'b', event: 'completed' });
    expect(schedule.dueMs).toBe(HOUR + 60_000);
    expect(answering(schedule, HOUR + 60_000)).toMatchObject({ tracker: 'a', event: 'completed' });
  });

  it('tells it again if it was not heard', () => {
    const schedule = scheduleOf(['a']);
    answering(schedule, 0);
    schedule.complete();
    expect(schedule.failed(nextOf(schedule, 5), DOWN, 5)).toBe(15_000);
    expect(nextOf(schedule, 15_005).event).toBe('completed');
  });

  it('stops with those that were started or may have been, and announces nothing after', () => {
    const schedule = allOf(['a', 'b', 'c']);
    schedule.failed(nextOf(schedule, 0), DOWN, 0);
    answering(schedule, 0);
    nextOf(schedule, 0);
    schedule.complete();
    expect(schedule.stop()).toEqual([
      { tracker: 'b', owesCompleted: true },
      { tracker: 'c', owesCompleted: false },
    ]);
    expect([schedule.next(1e12), schedule.stop(), schedule.isEmpty]).toEqual([undefined, [], true]);
  });

  it('is empty without trackers', () => {
    expect([scheduleOf().isEmpty, scheduleOf([], []).isEmpty, scheduleOf(['a']).isEmpty]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('takes no outcome of what was not due', () => {
    const due = { tracker: 'a', event: undefined, isUrgent: false };
    expect(() => scheduleOf(['a']).succeeded(due, { intervalMs: HOUR }, 0)).toThrow(TypeError);
  });
});

describe('AnnounceSchedule with announceToAll', () => {
  it('asks every tracker of every tier at once, each again when it said', () => {
    const schedule = allOf(['a', 'b'], ['c']);
    const due = [nextOf(schedule, 0), nextOf(schedule, 0), nextOf(schedule, 0)] as const;
    expect(due.map(({ tracker, isUrgent }) => [tracker, isUrgent])).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
    expect([schedule.next(0), schedule.dueMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    schedule.succeeded(due[2], { intervalMs: HOUR }, 0);
    schedule.succeeded(due[0], { intervalMs: 2 * HOUR }, 0);
    schedule.failed(due[1], DOWN, 0);
    expect(schedule.dueMs).toBe(15_000);
    expect(failing(schedule, 15_000)).toEqual(['b']);
    expect(failing(schedule, HOUR)).toEqual(['b', 'c']);
  });

  it('tells each of the end', () => {
    const schedule = allOf(['a'], ['b']);
    answering(schedule, 0);
    answering(schedule, 0);
    schedule.complete();
    expect([answering(schedule, 1), answering(schedule, 1)].map(({ event }) => event)).toEqual([
      'completed',
      'completed',
    ]);
    expect(schedule.next(1)).toBeUndefined();
  });
});
