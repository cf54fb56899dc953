import { expect, it } from 'vitest';
import { at } from '../testing/lone-core.ts';
import type { NodeAddress } from './address.ts';
import { PeerCollector } from './peer-search.ts';

it('hands on no peer that nobody can be at, or that someone far away cannot know', () => {
  const peers: NodeAddress[] = [];
  const collector = new PeerCollector((peer) => peers.push(peer));
  const bogons = [
    '127.0.0.1',
    '10.0.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
  ];
  for (let port = 1; port <= 1000; port += 1) {
    collector.add([...bogons.map((host) => at(host, port)), at('::1', port), at('fe80::1', port)], true);
  }
  collector.add([{ ...at('198.51.100.7'), port: 0 }], true);
  expect(peers).toEqual([]);
  collector.add([at('198.51.100.7', 5), at('198.51.100.7', 5), at('2001:db8::7', 6)], true);
  // Whoever is here may know who else is.
  collector.add([at('192.168.0.1', 7)], false);
  expect(peers).toEqual([
    { host: '198.51.100.7', port: 5 },
    { host: '2001:db8::7', port: 6 },
    { host: '192.168.0.1', port: 7 },
  ]);
});

it('hands on five thousand peers of one search, and no more', () => {
  let count = 0;
  const collector = new PeerCollector(() => (count += 1));
  for (let port = 1; port <= 6000; port += 1) collector.add([at('198.51.100.7', port)], true);
  expect(count).toBe(5000);
});
