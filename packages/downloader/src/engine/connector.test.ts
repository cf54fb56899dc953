import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { PeerList } from '../policy/peer-list.ts';
import { Connector, type Connection, type NewPeer } from './connector.ts';

/** The end of a connection on which nothing happens. */
class Silent implements Connection {
  readonly key: number;
  readonly name: string;
  readonly address: PeerAddress;
  readonly isIncoming: boolean;
  readonly isOpen = true;
  readonly usefulLength = 0;

  constructor({ key, name, address, isIncoming }: NewPeer) {
    this.key = key;
    this.name = name;
    this.address = address;
    this.isIncoming = isIncoming;
  }

  attach(): void {}
  close(): void {}
  onBytes(): void {}
  onDrained(): void {}
  onClose(): void {}
}

function open(): { readonly connector: Connector<Silent>; readonly list: PeerList } {
  const list = new PeerList();
  const connector = new Connector({
    list,
    dial: () => Promise.reject(new Error('no one is there')),
    maxPeers: 10,
    now: () => 0,
    makePeer: (options) => new Silent(options),
    signal: new AbortController().signal,
  });
  return { connector, list };
}

describe('Connector', () => {
  it('takes no call from where one called that is banned, also if it had left by then', () => {
    const { connector } = open();
    const peer = connector.accept({ host: '10.0.0.1', port: 50_001 });
    if (peer === undefined) throw new Error('not accepted');
    connector.ended(peer, undefined);
    const back = connector.accept({ host: '10.0.0.1', port: 50_002 });
    expect(connector.ban(peer.key)).toBe(true);
    expect(back && connector.isBanned(back)).toBe(true);
    expect(connector.accept({ host: '10.0.0.1', port: 50_003 })).toBeUndefined();
    expect(connector.accept({ host: '10.0.0.2', port: 50_001 })).toBeDefined();
    expect(connector.ban(peer.key)).toBe(false);
  });

  it('never calls one that is banned where it said that it listens, also if it had left by then', () => {
    const { connector, list } = open();
    const peer = connector.accept({ host: '10.0.0.1', port: 50_001 });
    if (peer === undefined) throw new Error('not accepted');
    connector.listens(peer, 6881);
    connector.ended(peer, undefined);
    connector.ban(peer.key);
    expect(list.isBanned('10.0.0.1:6881')).toBe(true);
  });

  it('bans no one that it does not know', () => {
    const { connector, list } = open();
    expect(connector.ban(77)).toBe(false);
    expect(list.isBanned('unknown')).toBe(false);
  });
});
