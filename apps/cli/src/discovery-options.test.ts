import { describe, expect, it } from 'vitest';
import { toDiscovery } from './discovery-options.ts';
import { UsageError } from './usage-error.ts';

describe('toDiscovery()', () => {
  it.each([
    [{}, {}, ['localDiscovery', 'portMapping', 'dht']],
    [{ lsd: true, dht: true, portmap: true }, {}, ['localDiscovery', 'portMapping', 'dht']],
    [{ lsd: false }, {}, ['portMapping', 'dht']],
    [{ dht: false }, {}, ['localDiscovery', 'portMapping']],
    [{ portmap: false }, {}, ['localDiscovery', 'dht']],
    [{}, { MILLRACE_DISCOVERY: '' }, []],
    [{}, { MILLRACE_DISCOVERY: 'dht, lan' }, ['localDiscovery', 'dht']],
    [{ dht: false }, { MILLRACE_DISCOVERY: 'dht' }, []],
    [{ dhtPort: 7 }, { MILLRACE_DISCOVERY: 'lan' }, ['localDiscovery']],
  ])('makes of %o and %o: %j', (flags, environment, ways) => {
    expect(Object.keys(toDiscovery(flags, environment))).toEqual(ways);
  });

  it('hands on port and nodes', () => {
    const flags = { dhtPort: 7, dhtBootstrap: ['192.0.2.1:6881', '[2001:db8::1]:1'] };
    expect(toDiscovery(flags, { HOME: '/home/me' }).dht).toEqual({
      port: 7,
      bootstrap: [
        { host: '192.0.2.1', port: 6881 },
        { host: '2001:db8::1', port: 1 },
      ],
    });
    expect(() => toDiscovery({ dhtBootstrap: ['nowhere'] }, {})).toThrow(UsageError);
  });

  it.skipIf(process.platform === 'win32').each([
    [{ HOME: '/home/me' }, '/home/me/.cache/millrace/dht.state'],
    [{ HOME: '/home/me', XDG_CACHE_HOME: '/x/cache' }, '/x/cache/millrace/dht.state'],
    [{ HOME: '/home/me', XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/millrace/dht.state'],
    [{}, undefined],
  ])('keeps nodes for the next run where %o says: %j', (environment, cacheFile) => {
    expect(toDiscovery({}, environment).dht?.cacheFile).toBe(cacheFile);
  });
});
