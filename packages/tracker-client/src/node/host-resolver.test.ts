import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { HostResolver } from './host-resolver.ts';

const FOUND: readonly LookupAddress[] = [{ address: '192.0.2.7', family: 4 }];

describe('HostResolver', () => {
  it('does not look an address up', async () => {
    const resolver = new HostResolver(() => Promise.reject(new Error('asked')), 1);
    const { signal } = new AbortController();
    expect(await resolver.resolve('192.0.2.7', signal)).toEqual(FOUND);
    expect(await resolver.resolve('::1', signal)).toEqual([{ address: '::1', family: 6 }]);
  });

  it('looks up so many names at once and no more, in order, also after failures and givers-up', async () => {
    const running: { host: string; settle: (error?: Error) => void }[] = [];
    const resolver = new HostResolver((host) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>();
      running.push({ host, settle: (error) => (error === undefined ? resolve(FOUND) : reject(error)) });
      return promise;
    }, 2);
    const patient = new AbortController();
    const hasty = new AbortController();
    const asked = ['a', 'b', 'c', 'd', 'e'].map((host) =>
      resolver.resolve(host, host === 'a' || host === 'c' ? hasty.signal : patient.signal),
    );
    const settled = Promise.allSettled(asked);
    const hosts = (): string => running.map(({ host }) => host).join('');
    await Promise.resolve();
    expect(hosts()).toBe('ab');
    hasty.abort('enough');
    await expect(asked[0]).rejects.toBe('enough');
    // Nobody waits for "a" any more, but it still takes up a thread.
    expect(hosts()).toBe('ab');
    running[1]?.settle(new Error('no'));
    await expect(asked[1]).rejects.toThrow('no');
    await new Promise(setImmediate);
    expect(hosts()).toBe('abd');
    running[0]?.settle();
    await new Promise(setImmediate);
    expect(hosts()).toBe('abde');
    for (const { settle } of running) settle();
    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });
});
