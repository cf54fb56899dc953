import { describe, expect, it } from 'vitest';
import { proxyFromEnvironment } from './proxy-from-environment.ts';

const HTTP = 'http://t.example/announce';
const HTTPS = 'https://t.example/announce';

describe('proxyFromEnvironment()', () => {
  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    [HTTP, {}, undefined],
    [HTTP, { http_proxy: 'http://p:1' }, 'http://p:1'],
    [HTTP, { HTTP_PROXY: 'http://p:1' }, undefined],
    [HTTPS, { HTTPS_PROXY: 'http://p:1' }, 'http://p:1'],
    [HTTPS, { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://a:1'],
    [HTTPS, { http_proxy: 'http://p:1' }, undefined],
    [HTTPS, { https_proxy: ' ', ALL_PROXY: 'socks5h://p:1' }, 'socks5h://p:1'],
    [HTTP, { all_proxy: 'socks5://p:1', http_proxy: 'http://h:2' }, 'http://h:2'],
    ['udp://t.example:80', { all_proxy: 'socks5://p:1', http_proxy: 'http://h:2' }, 'socks5://p:1'],
    ['udp://t.example:80', { http_proxy: 'http://h:2' }, undefined],
    [HTTP, { http_proxy: 'user:word@p:1' }, 'http://user:word@p:1'],
    ['no url', { all_proxy: 'http://p:1' }, undefined],
  ])('for %s and %j is %s', (url, environment, expected) => {
    expect(proxyFromEnvironment(url, environment)).toBe(expected);
  });

  it.each([
    ['t.example', '*', true],
    ['t.example', 't.example', true],
    ['T.Example.', 't.EXAMPLE', true],
    ['t.example', 'example', true],
    ['t.example', '.example', true],
    ['t.example', 'ample', false],
    ['t.example', 'x.t.example', false],
    ['t.example', 'a, b  t.example,c', true],
    ['t.example', '', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.1.2.0/23', true],
    ['10.1.4.3', '10.1.2.0/23', false],
    ['10.1.2.3', '10.1.2.0/x', false],
    ['10.1.2.3', '1.2.3', false],
    ['[2001:db8::7]', '2001:db8::/32', true],
    ['[2001:db8::7]', '[2001:db8::7]', true],
    ['[2001:db9::7]', '2001:db8::/32', false],
    ['[::ffff:10.1.2.3]', '10.0.0.0/8', true],
    ['t.example', '10.0.0.0/0', false],
  ])('reaches %s without a proxy where no_proxy is %j: %s', (host, noProxy, isDirect) => {
    for (const name of ['no_proxy', 'NO_PROXY']) {
      const found = proxyFromEnvironment(`http://${host}/announce`, {
        http_proxy: 'http://p:1',
        [name]: noProxy,
      });
      expect(found === undefined).toBe(isDirect);
    }
  });
});
