import { describe, expect, it } from 'vitest';
import { isUdpUrl, requireUdpUrl } from './udp-url.ts';

describe('requireUdpUrl()', () => {
  it.each([
    ['udp://t.example:6969/announce', { hostname: 't.example', port: 6969, path: '/announce' }],
    ['UDP://T.example:6969', { hostname: 't.example', port: 6969, path: '/' }],
    ['udp://t.example', { hostname: 't.example', port: 80, path: '/' }],
    ['udp://t.example:80/a?key=1#x', { hostname: 't.example', port: 80, path: '/a?key=1' }],
    ['udp://[2001:db8::1]:1337/announce', { hostname: '2001:db8::1', port: 1337 }],
    ['udp://t.example:1?key=%zz', { port: 1, path: '/?key=%zz' }],
  ])('takes %s apart', (tracker, expected) => {
    expect(isUdpUrl(tracker)).toBe(true);
    expect(requireUdpUrl(tracker)).toMatchObject(expected);
  });

  it.each([
    ['udp:t.example:1', 'INVALID_URL'],
    ['udp://', 'INVALID_URL'],
    ['udp://t.example:0', 'INVALID_URL'],
    ['udp://t.example:65536', 'INVALID_URL'],
    ['udp://ex\u00E4mple:1', 'INVALID_URL'],
    [`udp://t.example:1/${'x'.repeat(5_000)}`, 'INVALID_URL'],
    ['http://t.example/', 'UNSUPPORTED_PROTOCOL'],
    ['wss://t.example/', 'UNSUPPORTED_PROTOCOL'],
  ])('refuses %s', (tracker, code) => {
    expect(() => requireUdpUrl(tracker)).toThrow(expect.objectContaining({ code }));
  });
});
