import { describe, expect, it } from 'vitest';
import { toDiscovery } from './discovery-options.ts';

describe('toDiscovery()', () => {
  it.each([
    [{}, {}, true],
    [{ lsd: true }, {}, true],
    [{ lsd: false }, {}, false],
    [{}, { MILLRACE_DISCOVERY: '' }, false],
    [{}, { MILLRACE_DISCOVERY: 'dht' }, false],
    [{}, { MILLRACE_DISCOVERY: 'dht, lan' }, true],
    [{ lsd: false }, { MILLRACE_DISCOVERY: 'lan' }, false],
  ])('makes of %o and %o localDiscovery: %j', (flags, environment, localDiscovery) => {
    expect(toDiscovery(flags, environment).localDiscovery ?? false).toBe(localDiscovery);
  });
});
