import { describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { proxyFor, proxyOf } from './proxy.ts';
import { isProxyUrl } from './proxy-url.ts';
import { fakeLayers } from './testing/fake-layers.ts';

function contextOf(environment: Context['terminal']['environment'], layers = fakeLayers()): Context {
  return { terminal: { environment }, layers } as Context;
}

describe('proxyFor()', () => {
  it('takes the one given, whatever the environment says', async () => {
    const context = contextOf({ http_proxy: 'http://other.example' });
    expect(await proxyFor('socks5://proxy.example:1080', context)).toEqual({
      proxy: 'socks5://proxy.example:1080',
    });
  });

  it('loads nothing where the environment names none', async () => {
    expect(await proxyFor(undefined, contextOf({ HOME: '/root' }))).toEqual({});
  });

  it('asks for each tracker what the environment says', async () => {
    const layers = fakeLayers({ trackerClient: () => import('@millrace/tracker-client/node') });
    const environment = { http_proxy: 'proxy.example:3128', no_proxy: 'near.example' };
    const { proxy } = await proxyFor(undefined, contextOf(environment, layers));
    expect(proxyOf(proxy, 'http://far.example/announce')).toEqual({ proxy: 'http://proxy.example:3128' });
    expect(proxyOf(proxy, 'http://near.example/announce')).toEqual({});
  });
});

describe('isProxyUrl()', () => {
  it.each(['http://proxy.example:3128', 'socks5://user:word@192.0.2.1:1080', 'socks5h://[2001:db8::1]'])(
    'takes %s',
    (url) => {
      expect(isProxyUrl(url)).toBe(true);
    },
  );

  it.each(['proxy.example', 'https://proxy.example', 'socks4://proxy.example', 'http://', ''])(
    'does not take %j',
    (url) => {
      expect(isProxyUrl(url)).toBe(false);
    },
  );
});
