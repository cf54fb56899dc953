import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import type { PeerOrigin } from '../peer-source.ts';
import { PeerList, type PeerListOptions } from './peer-list.ts';

const NOTHING = { wasReached: true, givenLength: 0 };

/** A peer's address, which is all that tells it from others. */
function at(host: string, port = 1): PeerAddress {
  return { host, port };
}

function listOf(hosts: readonly string[], options?: PeerListOptions): PeerList {
  const list = new PeerList(options);
  for (const host of hosts) list.add(at(host), 'tracker', 0);
  return list;
}

/** The hosts that are called at some time, one after the other. */
function order(list: PeerList, nowMs: number): (string | undefined)[] {
  const hosts: string[] = [];
  for (let [next] = list.next(nowMs, 1); next !== undefined; [next] = list.next(nowMs, 1))
    hosts.push(next.address.host);
  return hosts;
}

describe('PeerList', () => {
  it('gives each peer once, in the order they came, and none twice at once', () => {
    const list = listOf(['a', 'b', 'a']);
    expect(order(list, 0)).toEqual(['a', 'b']);
    expect(list.size).toBe(2);
  });

  it('gives as many at once as are asked for, the same that it would give one by one', () => {
    const hosts = ['98.76.54.32', '123.213.32.234', '123.213.40.1', '2001:db8::1', 'peer.example'];
    const [list, single] = [listOf(hosts), listOf(hosts)];
    for (const each of [list, single]) each.seenAs(at('123.213.32.10', 6881));
    const oneByOne = order(single, 0);
    const hostsOf = (count: number) => list.next(0, count).map(({ address }) => address.host);
    expect([hostsOf(0), hostsOf(-1), hostsOf(2), hostsOf(100), hostsOf(1)]).toEqual([
      [],
      [],
      oneByOne.slice(0, 2),
      oneByOne.slice(2),
      [],
    ]);
  });

  it('waits twice as long after each failure in a row, up to half an hour', () => {
    const list = listOf(['a']);
    let now = 0;
    const waits: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      list.next(now, 1);
      list.ended('a:1', now, NOTHING);
      let wait = 5_000;
      while (!list.hasHope(now + wait, 0)) wait += 5_000;
      waits.push(wait / 1_000);
      now += wait;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_800, 1_800, 1_800]);
  });

  it('asks, of those that are alike, whom BEP 40 gives the higher priority as soon as it knows where it is seen', () => {
    const hosts = ['98.76.54.32', '123.213.32.234', '123.213.40.1', '2001:db8::1', 'peer.example'];
    const list = listOf(hosts);
    list.seenAs(at('123.213.32.10', 6881));
    const priorities = hosts.map((host) => list.priorityOf(at(host)));
    expect(priorities.slice(0, 2)).toEqual([0xec_2d_72_24, 0x99_56_81_89]);
    expect(priorities.slice(3)).toEqual([0, 0]);
    const sorted = hosts.toSorted((a, b) => list.priorityOf(at(b)) - list.priorityOf(at(a)));
    expect(order(list, 0)).toEqual(sorted);
  });

  it('gives the place of one of less priority to a newcomer of as much repute, when it is full', () => {
    const list = new PeerList({ maxPeers: 1 });
    list.seenAs(at('123.213.32.10', 6881));
    expect(list.add(at('123.213.32.234'), 'tracker', 0)).toBe(true);
    expect(list.add(at('98.76.54.32'), 'tracker', 0)).toBe(true);
    expect(list.add(at('123.213.32.234'), 'tracker', 0)).toBe(false);
    expect(list.add(at('98.76.54.32'), 'pex', 0)).toBe(false);
  });

  it('tries one that gave something again soon, and forgives it its failures', () => {
    const list = listOf(['a']);
    list.next(0, 1);
    for (let failure = 0; failure < 4; failure += 1) list.ended('a:1', 0, NOTHING);
    list.ended('a:1', 0, { wasReached: true, givenLength: 1 });
    expect([list.hasNext(999), list.hasNext(1_000)]).toEqual([false, true]);
    list.ended('a:1', 1_000, NOTHING);
    expect(list.hasNext(6_000)).toBe(true);
  });

  it('asks first whom gave most, then who failed least, then who is of better repute', () => {
    const list = listOf(['failed', 'new', 'gave-little', 'gave-much']);
    list.add(at('rumour'), 'pex', 0);
    list.add(at('given'), 'given', 0);
    order(list, 0);
    for (const [host, givenLength] of [
      ['failed', 0],
      ['gave-little', 1],
      ['gave-much', 2],
    ] as const)
      list.ended(`${host}:1`, 0, { wasReached: true, givenLength });
    for (const host of ['rumour', 'new', 'given']) {
      list.ended(`${host}:1`, 0, NOTHING);
      list.refresh(0);
    }
    list.ended('failed:1', 0, NOTHING);
    expect(order(list, 60_000)).toEqual(['gave-much', 'gave-little', 'given', 'new', 'rumour', 'failed']);
  });

  it('knows a peer by its best origin', () => {
    const list = new PeerList();
    for (const host of ['a', 'b']) list.add(at(host), 'pex', 0);
    for (const origin of ['given', 'pex'] as const) expect(list.add(at('b'), origin, 0)).toBe(false);
    expect(order(list, 0)).toEqual(['b', 'a']);
  });

  it('never gives a banned peer again, and bans those it does not know yet', () => {
    const list = listOf(['a']);
    list.next(0, 1);
    expect([list.ban('a:1'), list.ban('a:1'), list.ban('unknown:1')]).toEqual([true, false, true]);
    list.ended('a:1', 0, { wasReached: true, givenLength: 1 });
    for (const host of ['a', 'unknown']) expect(list.add(at(host), 'given', 0)).toBe(false);
    expect(list.next(1e12, 1)).toEqual([]);
    expect(list.hasHope(1e12, 1e12)).toBe(false);
  });

  it('takes no address that is none, and each once, however it is written', () => {
    const list = new PeerList();
    for (const host of ['', 'a b', '1.2.3', '999.1.1.1', 'zz::1', '[::1]'])
      expect(list.add(at(host), 'given', 0)).toBe(false);
    const spellings = ['2001:db8::7', '2001:0DB8:0:0::7'];
    expect(spellings.map((host) => list.add(at(host), 'given', 0))).toEqual([true, false]);
    for (const port of [0, -1, 65_536, 1.5, Number.NaN])
      expect(list.add(at('a', port), 'given', 0)).toBe(false);
  });

  it('lets other peers name few ports of one host, and anyone else as many as there are', () => {
    const list = new PeerList();
    const added = (host: string, origin: PeerOrigin): number =>
      Array.from({ length: 100 }, (_, port) => list.add(at(host, port + 1), origin, 0)).filter(Boolean)
        .length;
    expect([added('victim', 'pex'), added('here', 'tracker'), added('there', 'given')]).toEqual([
      5, 100, 100,
    ]);
    expect(added('here', 'pex')).toBe(0);
  });

  it('remembers no more peers than its bound', () => {
    const list = listOf(['a', 'b'], { maxPeers: 2 });
    expect(list.add(at('c'), 'tracker', 0)).toBe(false);
    expect(list.size).toBe(2);
  });

  it('forgets those that failed most, and gave nothing, for new ones', () => {
    const list = listOf(['gave', 'failed-twice', 'failed-once', 'new'], { maxPeers: 4 });
    list.next(0, 1);
    list.ended('gave:1', 0, { wasReached: true, givenLength: 1 });
    list.ended('gave:1', 0, NOTHING);
    list.ended('failed-once:1', 0, NOTHING);
    for (let failure = 0; failure < 2; failure += 1) list.ended('failed-twice:1', 0, NOTHING);
    const names = ['a', 'b', 'c', 'failed-twice'];
    expect(names.map((host) => list.add(at(host), 'tracker', 0))).toEqual([true, true, false, false]);
    expect(list.size).toBe(4);
    expect(order(list, 60_000)).toEqual(['gave', 'new', 'a', 'b']);
  });

  it('lets what peers name give way to what a tracker names, and not the other way round', () => {
    const list = new PeerList({ maxPeers: 2 });
    for (const host of ['a', 'b', 'c']) list.add(at(host), 'pex', 0);
    expect(list.add(at('d'), 'pex', 0)).toBe(false);
    for (const host of ['d', 'e']) expect(list.add(at(host), 'tracker', 0)).toBe(true);
    expect(list.add(at('f'), 'tracker', 0)).toBe(false);
    expect(order(list, 0)).toEqual(['d', 'e']);
  });

  it('tries all that could be reached at once when there is something else to ask for', () => {
    const list = listOf(['reached', 'silent']);
    order(list, 0);
    for (let failure = 0; failure < 3; failure += 1) {
      list.ended('reached:1', 0, NOTHING);
      list.ended('silent:1', 0, { wasReached: false, givenLength: 0 });
    }
    list.refresh(0);
    expect(order(list, 0)).toEqual(['reached']);
  });

  it('forgets peers of origins that are not wanted any more', () => {
    const list = listOf(['tracked']);
    list.add(at('rumour'), 'pex', 0);
    list.add(at('given'), 'given', 0);
    list.restrict(['given', 'tracker']);
    expect(list.add(at('another'), 'pex', 0)).toBe(false);
    expect(order(list, 0)).toEqual(['given', 'tracked']);
  });
});
