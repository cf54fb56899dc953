import { expect, it } from 'vitest';
import { defaultAddresses, publicIpv6 } from './local-addresses.ts';

it('listens at every IPv4 address, and at one IPv6 address at most', () => {
  const [first, ...rest] = defaultAddresses();
  expect(first).toBe('0.0.0.0');
  expect(rest.length).toBeLessThan(2);
});

it('takes IPv6 addresses that are reached from everywhere, tunnels last', () => {
  const addresses = ['127.0.0.1', '::1', 'fe80::1', 'fd00::1', '2001:0:5ef5::1', '192.0.2.1', '2001:db8::7'];
  expect(publicIpv6(addresses)).toEqual(['2001:db8::7', '2001:0:5ef5::1']);
});
