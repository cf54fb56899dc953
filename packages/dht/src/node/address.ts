import type { Endpoint } from '../endpoint.ts';
import { formatIp, parseIp } from '../ip-address.ts';

/** Where a node or a peer can be reached. */
export interface NodeAddress {
  /** An IPv4 or IPv6 address, without brackets; to be reached, it may be a DNS name. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Writes an address as text: `192.0.2.7:6881`, `[2001:db8::7]:6881`. */
export function formatAddress({ host, port }: NodeAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function toAddress({ ip, port }: Endpoint): NodeAddress {
  return { host: formatIp(ip), port };
}

/** Returns an endpoint, or `undefined` if the host is no IP address. @throws {RangeError} if the port is not 1 to 65535. */
export function toEndpoint({ host, port }: NodeAddress): Endpoint | undefined {
  checkPort(port);
  const ip = parseIp(host);
  return ip === undefined ? undefined : { ip, port };
}

/** @throws {RangeError} if `port` is not a whole number from 1 to 65535. */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`Cannot use port ${port}: it must be 1 to 65535`);
  }
}
