import { describe, expect, it } from 'vitest';
import { addressScope, isNarrower, isPeerIp, scopeOf } from './address-scope.ts';
import { parseIp } from './ip-address.ts';

const bytesOf = (text: string): Uint8Array => parseIp(text) ?? new Uint8Array(0);

describe('addressScope()', () => {
  it.each([
    [
      'loopback',
      [
        '127.0.0.1',
        '127.255.255.255',
        '0.0.0.0',
        '::1',
        '::',
        '::ffff:127.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
      ],
    ],
    [
      'local',
      [
        '10.0.0.1',
        '100.64.0.1',
        '100.127.255.255',
        '169.254.169.254',
        '172.16.0.1',
        '172.31.255.255',
        '192.168.0.1',
        '198.18.0.1',
        '224.0.0.1',
        '255.255.255.255',
        '0.0.0.1',
        'fc00::1',
        'fdff::1',
        'fe80::1',
        'fec0::1',
        'ff02::1',
        '::ffff:10.0.0.1',
        '::1:0:0',
        '64:ff9b::a9fe:a9fe',
        '2002:a00:1::',
      ],
    ],
    [
      'public',
      [
        '1.1.1.1',
        '9.255.255.255',
        '11.0.0.0',
        '100.63.255.255',
        '100.128.0.0',
        '126.255.255.255',
        '128.0.0.0',
        '169.253.0.0',
        '172.15.0.0',
        '172.32.0.0',
        '192.167.0.0',
        '223.255.255.255',
        '2001:4860::8888',
        '::ffff:1.1.1.1',
        '64:ff9b::101:101',
        '2002:101:101::',
      ],
    ],
  ])('is %s for these addresses', (scope, addresses) => {
    for (const address of addresses)
      expect([address, addressScope(bytesOf(address))]).toEqual([address, scope]);
  });

  it('orders scopes by how far they reach', () => {
    expect(isNarrower('loopback', 'local')).toBe(true);
    expect(isNarrower('local', 'public')).toBe(true);
    expect(isNarrower('local', 'local')).toBe(false);
    expect(isNarrower('public', 'loopback')).toBe(false);
  });
});

describe('isPeerIp()', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '239.1.1.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    'ff02::1',
    '::ffff:0.0.0.0',
    '::ffff:224.0.0.1',
  ])('leaves out %s', (text) => {
    expect(isPeerIp(bytesOf(text))).toBe(false);
  });

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '223.255.255.255',
    '1.0.0.0',
    '::1',
    'fe80::1',
    '2001:db8::1',
    '::ffff:1.2.3.4',
  ])('takes %s', (text) => {
    expect(isPeerIp(bytesOf(text))).toBe(true);
  });
});

describe('scopeOf()', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['::ffff:10.1.2.3', 'local'],
    ['2606:4700::1111', 'public'],
    ['a name', 'loopback'],
  ] as const)('knows how far %s reaches: %s', (address, scope) => {
    expect(scopeOf(address)).toBe(scope);
  });
});
