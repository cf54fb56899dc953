import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { formatInfoHash, infoHash, type InfoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { encodeLocalAnnounces, LOCAL_GROUPS } from '../announce.ts';
import { LocalDiscoveryError } from '../error.ts';
import { neighbour, say } from '../testing/neighbour.ts';
import { LocalDiscovery, type LocalPeer } from './local-discovery.ts';

const [IPV4] = LOCAL_GROUPS;
/** Nothing of these tests leaves the machine. */
const addresses = ['127.0.0.1'];
/** Another run of these tests, on this machine, speaks to the same group. */
const newHash = (): InfoHash => infoHash(new Uint8Array(randomBytes(20)));

/** Announces of one torrent at each of these ports. */
function announces(hash: InfoHash, ports: readonly number[]): Uint8Array[] {
  return ports.flatMap((port) => encodeLocalAnnounces({ port, infoHashes: [hash] }, IPV4));
}

/** Joins, and waits until the sockets are there: they are when its own announce was heard. */
async function join(
  discovery: LocalDiscovery,
  hash: InfoHash,
  onPeer: (peer: LocalPeer) => void,
): Promise<ReturnType<LocalDiscovery['join']>> {
  const heard = Promise.withResolvers<void>();
  const hex = new TextEncoder().encode(formatInfoHash(hash));
  const own = await neighbour((datagram) => {
    if (Buffer.from(datagram).includes(hex)) heard.resolve();
  });
  const stay = discovery.join(hash, onPeer);
  await heard.promise;
  own[Symbol.dispose]();
  return stay;
}

describe.skipIf(process.platform === 'win32')('LocalDiscovery', () => {
  it('tells those that are there already of a newcomer', async () => {
    const hash = newHash();
    await using there = new LocalDiscovery({ port: 7001, addresses });
    await using newcomer = new LocalDiscovery({ port: 7002, addresses });
    const found = Promise.withResolvers<LocalPeer>();
    await join(there, hash, found.resolve);
    newcomer.join(hash, () => {});
    expect(await found.promise).toEqual({ host: '127.0.0.1', port: 7002 });
  });

  it('tells of a torrent only who joined it, and knows its own announces', async () => {
    const [hash, other] = [newHash(), newHash()];
    await using discovery = new LocalDiscovery({ port: 7001, addresses });
    const found: LocalPeer[] = [];
    const last = Promise.withResolvers<void>();
    await join(discovery, hash, (peer) => {
      found.push(peer);
      if (peer.port === 3) last.resolve();
    });
    using socket = await neighbour();
    await say(socket, ...announces(other, [1]), ...announces(hash, [2, 3]));
    await last.promise;
    expect(found.map(({ port }) => port)).toEqual([2, 3]);
  });

  it('tells of no more after it was left', async () => {
    const [hash, other] = [newHash(), newHash()];
    await using discovery = new LocalDiscovery({ port: 7001, addresses });
    const found: LocalPeer[] = [];
    const last = Promise.withResolvers<LocalPeer>();
    const stay = await join(discovery, hash, (peer) => found.push(peer));
    discovery.join(other, last.resolve);
    stay.leave();
    using socket = await neighbour();
    await say(socket, ...announces(hash, [1]), ...announces(other, [2]));
    await last.promise;
    expect(found).toEqual([]);
  });

  it('lives through a flood, and takes ten of the peers it claims', async () => {
    const hash = newHash();
    const problems: unknown[] = [];
    await using discovery = new LocalDiscovery({
      port: 7001,
      addresses,
      onProblem: (problem) => problems.push(problem),
    });
    const found: LocalPeer[] = [];
    await join(discovery, hash, (peer) => found.push(peer));
    using socket = await neighbour();
    const garbage = new Uint8Array(1_000).fill(0xff);
    // Of a burst the system may drop some, and more than a hundred a second are not read: so on until it is full.
    for (let port = 1; port < 60_000 && found.length < 10; port += 1) {
      await say(socket, garbage, ...announces(hash, [port]));
      await setImmediate();
    }
    for (let port = 60_000; port < 60_500; port += 1) {
      await say(socket, garbage, ...announces(hash, [port]));
      await setImmediate();
    }
    expect(found).toHaveLength(10);
    expect(problems.every((problem) => LocalDiscoveryError.is(problem))).toBe(true);
  });

  it('refuses to join a torrent twice, and opens nothing before it joins one', async () => {
    await using discovery = new LocalDiscovery({ port: 7001, addresses });
    const hash = newHash();
    discovery.join(hash, () => {});
    expect(() => discovery.join(hash, () => {})).toThrow(RangeError);
    await discovery.close();
    await discovery.close();
  });
});
