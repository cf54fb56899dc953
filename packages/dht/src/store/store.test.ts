import { describe, expect, it } from 'vitest';
import { at } from '../testing/lone-core.ts';
import { ascii } from '../testing/bytes.ts';
import { endpointDrawer, seededBytes } from '../testing/random.ts';
import { ItemStore } from './item-store.ts';
import { PeerStore } from './peer-store.ts';

const random = seededBytes(1);
const HASH = new Uint8Array(20).fill(1);
const HONEST = at('198.51.100.7', 6881);

describe('PeerStore', () => {
  it('keeps its size, and what others announced, however much one host announces', () => {
    const store = new PeerStore();
    store.add(HASH, HONEST, false, 0);
    for (let count = 0; count < 100_000; count += 1)
      store.add(random(20), at('203.0.113.1', 1 + (count % 9)), false, 1);
    expect(store.hashCount).toBe(101);
    expect(store.peers(HASH, 4, 10, random)).toEqual([HONEST]);
    // Another 100,000 addresses announce other peers of the same: the oldest goes.
    const draw = endpointDrawer(2);
    for (let count = 0; count < 5000; count += 1) store.add(HASH, draw(), false, 2);
    expect(store.peerCount).toBe(600);
  });

  it('lets what was announced longest ago go when there are too many info hashes', () => {
    const store = new PeerStore({ maxHashes: 3 });
    const hashes = [1, 2, 3, 4].map((byte) => new Uint8Array(20).fill(byte));
    for (const [index, hash] of hashes.entries())
      store.add(hash, at(`198.51.100.${index + 1}`), false, index);
    expect(hashes.map((hash) => store.has(hash, 4))).toEqual([false, true, true, true]);
    expect(store.peerCount).toBe(3);
  });

  it('has one peer of an address, with the port that was announced last', () => {
    const store = new PeerStore();
    store.add(HASH, HONEST, false, 0);
    store.add(HASH, { ...HONEST, port: 7 }, true, 1);
    expect(store.peers(HASH, 4, 10, random)).toEqual([{ ...HONEST, port: 7 }]);
    expect(store.filters(HASH)?.seeds.has(HONEST.ip)).toBe(true);
    expect(store.filters(HASH)?.peers.has(HONEST.ip)).toBe(false);
    // On one machine they are told by their ports.
    store.add(HASH, at('127.0.0.1', 1), false, 0);
    store.add(HASH, at('127.0.0.1', 2), false, 0);
    expect(store.peerCount).toBe(3);
  });

  it('answers each family with its own, leechers alone if they are wanted', () => {
    const store = new PeerStore();
    const six = at('2001:db8::1', 5);
    store.add(HASH, HONEST, true, 0);
    store.add(HASH, six, false, 0);
    expect(store.peers(HASH, 6, 10, random)).toEqual([six]);
    expect(store.peers(HASH, 4, 10, random, true)).toEqual([HONEST]);
    store.add(HASH, at('198.51.100.8'), false, 0);
    expect(store.peers(HASH, 4, 10, random, true)).toEqual([at('198.51.100.8')]);
  });

  it('forgets what was not announced again', () => {
    const store = new PeerStore({ maxAgeMs: 100 });
    store.add(HASH, HONEST, false, 0);
    store.add(HASH, at('198.51.100.8'), false, 50);
    store.sweep(99);
    expect(store.peerCount).toBe(2);
    store.sweep(100);
    expect(store.peerCount).toBe(1);
    store.sweep(150);
    expect([store.hashCount, store.peerCount]).toEqual([0, 0]);
    expect(store.filters(HASH)).toBeUndefined();
    expect(store.sample(5, random)).toHaveLength(0);
  });

  it('names some info hashes, each once', () => {
    const store = new PeerStore();
    const hashes = Array.from({ length: 30 }, () => random(20));
    for (const [index, hash] of hashes.entries()) store.add(hash, at(`198.51.${index}.1`), false, 0);
    const sample = store.sample(20, random);
    const named = Array.from({ length: 20 }, (_, index) =>
      sample.subarray(index * 20, index * 20 + 20).join(),
    );
    expect(new Set(named).size).toBe(20);
    expect(named.every((hash) => hashes.some((each) => each.join() === hash))).toBe(true);
  });
});

describe('ItemStore', () => {
  const item = { value: ascii('i1e') };

  it('keeps its size, and what others put, however much one host puts', () => {
    const store = new ItemStore();
    store.put(HASH, item, HONEST.ip, 0);
    for (let count = 0; count < 10_000; count += 1) store.put(random(20), item, at('203.0.113.1').ip, 1);
    expect(store.size).toBe(51);
    expect(store.get(HASH)).toBe(item);
    const draw = endpointDrawer(2);
    for (let count = 0; count < 2000; count += 1) store.put(random(20), item, draw().ip, 2);
    expect(store.size).toBe(700);
    expect(store.get(HASH)).toBeUndefined();
  });

  it('forgets what was not put again', () => {
    const store = new ItemStore({ maxAgeMs: 100 });
    store.put(HASH, item, HONEST.ip, 0);
    store.put(HASH, item, HONEST.ip, 50);
    store.sweep(149);
    expect(store.size).toBe(1);
    store.sweep(150);
    expect(store.size).toBe(0);
  });

  it('lets a signed value take the place of an older one only', () => {
    const store = new ItemStore();
    const signed = (sequence: bigint, text = 'i1e') => ({
      value: ascii(text),
      mutable: { publicKey: HASH, signature: HASH, salt: HASH, sequence },
    });
    store.put(HASH, signed(5n), HONEST.ip, 0);
    expect(store.conflict(HASH, signed(4n), undefined)).toMatchObject({ errorCode: 302 });
    expect(store.conflict(HASH, signed(5n, 'i2e'), undefined)).toMatchObject({ errorCode: 302 });
    expect(store.conflict(HASH, signed(5n), undefined)).toBeUndefined();
    expect(store.conflict(HASH, signed(6n), undefined)).toBeUndefined();
    expect(store.conflict(HASH, signed(6n), 4n)).toMatchObject({ errorCode: 301 });
    expect(store.conflict(HASH, signed(6n), 5n)).toBeUndefined();
    expect(store.conflict(new Uint8Array(20), signed(1n), 4n)).toBeUndefined();
  });
});
