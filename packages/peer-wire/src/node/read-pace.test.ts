import { expect, it } from 'vitest';
import { READ_LENGTH, ReadPace } from './read-pace.ts';

const KIB = 1024;
const MIB_PER_SECOND = (1024 * KIB) / 1000;

/** Returns the last rest, in ms, after half a second of reads of `length` bytes that come at `rate` bytes a millisecond. */
function restAt(rate: number, length: number): number {
  const pace = new ReadPace();
  let restMs = 0;
  for (let nowMs = 0; nowMs < 500; nowMs += length / rate) restMs = pace.restMs(length, nowMs);
  return restMs;
}

it.each([
  ['a slow peer', 3.9, 4 * KIB, 0],
  ['one that is quick enough', 4.1, 4 * KIB, 4],
  ['one whose long reads are worth their while', 100, READ_LENGTH / 2, 0],
  ['one at a gigabit', 110, 16 * KIB, 4],
  ['one at four', 450, 64 * KIB, 2],
  ['one that sends a mebibyte in less than a millisecond', 1100, 64 * KIB, 0],
])('lets %s rest as long as it should', (_, mebibytes, length, expected) => {
  expect(restAt(mebibytes * MIB_PER_SECOND, length)).toBe(expected);
});

it('rests no longer once a peer is slow', () => {
  const pace = new ReadPace();
  let nowMs = 0;
  for (; nowMs < 100; nowMs += 1) pace.restMs(16 * KIB, nowMs);
  expect(pace.restMs(16 * KIB, nowMs)).toBe(4);
  expect(pace.restMs(16 * KIB, nowMs + 1000)).toBe(0);
});

it('does not rest at the first read: nothing is known of the peer yet', () => {
  expect(new ReadPace().restMs(16 * KIB, 1e6)).toBe(0);
});

it('does not rest where few reads are short: they end what was asked for', () => {
  const pace = new ReadPace();
  const rests: number[] = [];
  for (let nowMs = 0; nowMs < 500; nowMs += 12) {
    pace.restMs(READ_LENGTH, nowMs);
    rests.push(pace.restMs(16 * KIB, nowMs + 1));
  }
  expect(Math.max(...rests)).toBe(0);
});
