import { RESERVED_BIT, reservedBytes, type Handshake, type ReservedBit } from '@millrace/peer-wire';
import { infoHash, peerId } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { DhtContact } from './dht-contact.ts';

function handshake(...bits: readonly ReservedBit[]): Handshake {
  const bytes = new Uint8Array(20);
  return { infoHash: infoHash(bytes), peerId: peerId(bytes), reserved: reservedBytes(...bits) };
}

function contact(port: number | undefined): {
  contact: DhtContact;
  nodes: PeerAddress[];
  at: (ms: number) => void;
} {
  const nodes: PeerAddress[] = [];
  let nowMs = 0;
  return {
    contact: new DhtContact({ port: () => port, onNode: (node) => nodes.push(node), now: () => nowMs }),
    nodes,
    at: (ms) => {
      nowMs = ms;
    },
  };
}

describe('DhtContact', () => {
  it('greets those that have a node, once we have one', () => {
    expect(contact(7).contact.greeting(handshake(RESERVED_BIT.dht))).toEqual({ type: 'port', port: 7 });
    expect(contact(7).contact.greeting(handshake(RESERVED_BIT.fastExtension))).toBeUndefined();
    expect(contact(undefined).contact.greeting(handshake(RESERVED_BIT.dht))).toBeUndefined();
  });

  it('tells of nodes where peers say they are, never of port 0, and of thirty a minute', () => {
    const { contact: known, nodes, at } = contact(7);
    known.told('192.0.2.1', 0);
    for (let port = 1; port <= 1_000; port += 1) known.told('192.0.2.1', port);
    expect(nodes).toHaveLength(30);
    expect(nodes[0]).toEqual({ host: '192.0.2.1', port: 1 });
    at(60_000);
    known.told('192.0.2.2', 9);
    expect(nodes).toHaveLength(31);
  });
});
