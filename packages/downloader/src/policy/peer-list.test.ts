import { describe, expect, it } from 'vitest';
import { PeerList } from './peer-list.ts';

const address = { host: '10.0.0.1', port: 1 };

function listOf(...keys: readonly string[]): PeerList {
  const list = new PeerList();
  for (const key of keys) list.add(key, address, 0);
  return list;
}

describe('PeerList', () => {
  it('gives each peer once, in the order they came, and none twice at once', () => {
    const list = listOf('a', 'b', 'a');
    expect([list.next(0)?.key, list.next(0)?.key, list.next(0)?.key]).toEqual(['a', 'b', undefined]);
    expect(list.size).toBe(2);
  });

  it('waits twice as long after each failure in a row, up to half an hour', () => {
    const list = listOf('a');
    let now = 0;
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      list.next(now);
      list.ended('a', now, false);
      let wait = 5_000;
      while (!list.hasHope(now + wait, 0)) wait += 5_000;
      waits.push(wait / 1_000);
      now += wait;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_800, 1_800, 1_800]);
  });

  it('asks first whom gave most, then who failed least', () => {
    const list = listOf('failed', 'new', 'gave little', 'gave much');
    for (let at = 0; at < 4; at += 1) list.next(0);
    list.gave('gave little', 1);
    list.gave('gave much', 2);
    list.ended('failed', 0, false);
    list.ended('new', 0, true);
    list.ended('gave little', 0, true);
    list.ended('gave much', 0, true);
    const order = [1, 2, 3, 4].map(() => list.next(60_000)?.key);
    expect(order).toEqual(['gave much', 'gave little', 'new', 'failed']);
  });

  it('never gives a banned peer again', () => {
    const list = listOf('a');
    list.next(0);
    expect([list.ban('a'), list.ban('a'), list.ban('unknown')]).toEqual([true, false, false]);
    list.ended('a', 0, true);
    expect(list.add('a', address, 0)).toBe(false);
    expect(list.next(1e12)).toBeUndefined();
    expect(list.hasHope(1e12, 1e12)).toBe(false);
  });

  it('remembers no more peers than its bound', () => {
    const list = new PeerList({ maxPeers: 2 });
    expect([list.add('a', address, 0), list.add('b', address, 0), list.add('c', address, 0)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('forgets those that failed most, and gave nothing, for new ones', () => {
    const list = new PeerList({ maxPeers: 4 });
    for (const key of ['gave', 'failed twice', 'failed once', 'new']) list.add(key, address, 0);
    list.next(0);
    list.gave('gave', 1);
    list.ended('gave', 0, false);
    list.ended('failed once', 0, false);
    for (let failure = 0; failure < 2; failure += 1) list.ended('failed twice', 0, false);
    const names = ['a', 'b', 'c', 'failed twice'];
    expect(names.map((key) => list.add(key, address, 0))).toEqual([true, true, false, false]);
    expect(list.size).toBe(4);
    expect(list.ban('gave') && list.ban('new')).toBe(true);
  });
});
