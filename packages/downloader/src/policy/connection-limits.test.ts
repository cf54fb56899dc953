import { describe, expect, it } from 'vitest';
import { ConnectionLimits } from './connection-limits.ts';

function take(limits: ConnectionLimits, hosts: readonly string[]): void {
  for (const host of hosts) limits.opened(host, true);
}

describe('ConnectionLimits', () => {
  it('keeps a fifth of all connections for those we open', () => {
    const limits = new ConnectionLimits({ maxConnections: 10 });
    take(limits, ['1.0.0.1', '2.0.0.1', '3.0.0.1', '4.0.0.1', '5.0.0.1', '6.0.0.1', '7.0.0.1']);
    expect(limits.isFullForIncoming).toBe(false);
    take(limits, ['8.0.0.1']);
    expect(limits.isFullForIncoming).toBe(true);
    expect(limits.room).toBeGreaterThan(0);
    limits.opened('9.0.0.1', false);
    limits.opened('9.0.0.2', false);
    expect(limits.room).toBe(0);
    limits.closed('8.0.0.1', true);
    expect(limits.isFullForIncoming).toBe(false);
    expect(limits.count).toBe(9);
  });

  it('lets one address have three connections, and its network twenty', () => {
    const limits = new ConnectionLimits();
    take(limits, ['192.0.2.7', '192.0.2.7']);
    expect(limits.isCrowded('192.0.2.7')).toBe(false);
    take(limits, ['192.0.2.7']);
    expect(limits.isCrowded('192.0.2.7')).toBe(true);
    expect(limits.isCrowded('192.0.2.8')).toBe(false);
    take(
      limits,
      Array.from({ length: 17 }, (_, at) => `192.0.2.${100 + at}`),
    );
    expect(limits.isCrowded('192.0.2.8')).toBe(true);
    expect(limits.isCrowded('192.0.3.8')).toBe(false);
    limits.closed('192.0.2.7', true);
    expect(limits.isCrowded('192.0.2.8')).toBe(false);
  });

  it('takes a /64 of IPv6 for one network, however it is spelled', () => {
    const limits = new ConnectionLimits({ maxPerAddress: 1, maxPerNetwork: 2 });
    take(limits, ['2001:db8::7', '2001:db8:0:0:1::']);
    expect(limits.isCrowded('2001:db8::1:2:3:4')).toBe(true);
    expect(limits.isCrowded('2001:db8:0:1::7')).toBe(false);
  });

  it('lets this machine have any number', () => {
    const limits = new ConnectionLimits({ maxPerAddress: 1 });
    take(limits, ['127.0.0.1', '127.0.0.1', '::1', '::1']);
    expect(limits.isCrowded('127.0.0.1')).toBe(false);
    expect(limits.isCrowded('::1')).toBe(false);
  });
});
