import { describe, expect, it } from 'vitest';
import { ProcessLock } from './process-lock.ts';

let count = 0;
const newName = (): string => `test-${process.pid}-${(count += 1)}`;

describe('ProcessLock', () => {
  it('is had by one of fifty that ask at once, and the others are told by whom', async () => {
    const name = newName();
    const locks = Array.from({ length: 50 }, () => new ProcessLock(name, '/data'));
    const outcomes = await Promise.allSettled(locks.map((lock) => lock.acquire()));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused.length).toBe(49);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'LOCKED', detail: { path: '/data', processId: process.pid } });
    }
    await Promise.all(locks.map((lock) => lock.release()));
    await locks[0]?.acquire();
    await locks[0]?.release();
  });

  it('is free again after it was let go of, which may be done twice', async () => {
    const lock = new ProcessLock(newName(), '/data');
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(lock.acquire()).resolves.toBeUndefined();
      await lock.release();
      await lock.release();
    }
  });

  it('does not hold up another download', async () => {
    const locks = [new ProcessLock(newName(), '/a'), new ProcessLock(newName(), '/b')];
    for (const lock of locks) await expect(lock.acquire()).resolves.toBeUndefined();
    for (const lock of locks) await lock.release();
  });
});
