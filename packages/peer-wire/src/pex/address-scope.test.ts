import { describe, expect, it } from 'vitest';
import { parseIp } from '../ip-address.ts';
import { SCOPE, scopeOf } from './address-scope.ts';

describe('scopeOf', () => {
  it.each([
    [
      undefined,
      ['0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:0.0.0.0'],
    ],
    [SCOPE.loopback, ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1']],
    [
      SCOPE.local,
      [
        '10.0.0.1',
        '100.64.0.1',
        '100.127.9.9',
        '169.254.169.254',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.3.4',
      ],
    ],
    [SCOPE.local, ['fc00::1', 'fdff::1', 'fe80::1', '::ffff:10.0.0.1']],
    [
      SCOPE.everywhere,
      ['1.2.3.4', '100.63.0.1', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '223.255.255.255'],
    ],
    [SCOPE.everywhere, ['2001:db8::1', '2a00::1', '::2', 'fe00::1']],
  ] as const)('is %s for %j', (scope, texts) => {
    for (const text of texts) expect([text, scopeOf(parseIp(text)!)]).toEqual([text, scope]);
  });
});
