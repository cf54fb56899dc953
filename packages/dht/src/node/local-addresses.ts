import { networkInterfaces } from 'node:os';
import { parseIp } from '../ip-address.ts';

/** Every IPv4 address as one, and a public IPv6 address if this machine has one. */
export function defaultAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return ['0.0.0.0', ...publicIpv6(addresses.map(({ address }) => address)).slice(0, 1)];
}

/**
 * Returns the public IPv6 addresses among others, those of tunnels last.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0032.html | BEP 32, source address selection}
 */
export function publicIpv6(addresses: readonly string[]): string[] {
  const found = addresses.filter((address) => {
    const first = address.includes(':') ? parseIp(address)?.[0] : undefined;
    return first !== undefined && first >>> 5 === 0b001;
  });
  return [...found.filter((address) => !isTeredo(address)), ...found.filter(isTeredo)];
}

function isTeredo(address: string): boolean {
  return parseIp(address)?.subarray(0, 4).join('.') === '32.1.0.0';
}
