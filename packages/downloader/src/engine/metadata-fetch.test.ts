import type { MetadataAnswer, PeerBehaviour } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { MagnetSwarm } from '../testing/magnet-swarm.ts';
import { PeerExchange } from './peer-exchange.ts';
import { PeerPool } from './peer-pool.ts';

function names(swarm: MagnetSwarm, type: 'peerBanned' | 'peerDropped'): string[] {
  return swarm.events.flatMap((event) => (event.type === type ? [event.peer] : []));
}

describe('MetadataFetch', () => {
  it.each([1, 819, 100_000])('gets the metadata of %i pieces from a peer that has it', async (pieceCount) => {
    const swarm = new MagnetSwarm(pieceCount);
    const peer = swarm.add();
    const fetch = swarm.fetch();
    expect(await swarm.run(fetch)).toEqual(swarm.infoBytes);
    expect(fetch.statistics).toMatchObject({
      bytes: swarm.infoBytes.length,
      bytesTotal: swarm.infoBytes.length,
      peersConnected: 0,
      peersKnown: 1,
    });
    expect(peer.statistics.metadataRequests).toBe(Math.ceil(swarm.infoBytes.length / 16_384));
    expect(peer.statistics.firstMessages).toEqual(['haveNone']);
    expect(swarm.clock.timerCount).toBe(0);
  });

  it('asks several peers at once, and each for something else', async () => {
    const swarm = new MagnetSwarm(50_000);
    const peers = upTo(4).map(() => swarm.add());
    await swarm.run(swarm.fetch());
    const requests = peers.map(({ statistics }) => statistics.metadataRequests);
    expect(Math.min(...requests)).toBeGreaterThan(5);
    // A few at the end twice, lest one peer holds up the rest.
    const pieceCount = Math.ceil(swarm.infoBytes.length / 16_384);
    expect(requests.reduce((sum, count) => sum + count)).toBeLessThan(1.1 * pieceCount);
  });

  it('says which extensions it speaks, and nothing of metadata it has not', async () => {
    const swarm = new MagnetSwarm(1);
    const peer = swarm.add();
    await swarm.run(swarm.fetch());
    const [handshake] = peer.statistics.extendedHandshakes;
    const m = handshake?.get('m');
    expect(m instanceof Map && [...m.keys()]).toEqual(['ut_metadata']);
    expect(handshake?.has('metadata_size')).toBe(false);
    expect(handshake?.get('reqq')).toBe(500);
    expect(handshake?.get('yourip')).toEqual(Uint8Array.of(10, 0, 0, 1));
  });

  it.each<MetadataAnswer>(['corrupt', 'short', 'otherPiece', 'otherTotal'])(
    'bans a peer whose answers are %s, and gets it from another',
    async (metadataAnswer) => {
      const swarm = new MagnetSwarm(2_000);
      swarm.add({ extensions: { metadata: swarm.infoBytes, metadataAnswer } });
      swarm.add();
      expect(await swarm.run(swarm.fetch())).toEqual(swarm.infoBytes);
      expect(names(swarm, 'peerBanned')).not.toContain('10.0.0.2:6881');
    },
  );

  it.each<MetadataAnswer>(['corrupt', 'short', 'otherPiece', 'otherTotal'])(
    'never asks a peer again whose answers are %s',
    async (metadataAnswer) => {
      const swarm = new MagnetSwarm(2_000);
      const liar = swarm.add({ extensions: { metadata: swarm.infoBytes, metadataAnswer } });
      const fetch = swarm.fetch({ timeoutMs: 300_000 });
      await expect(swarm.run(fetch)).rejects.toMatchObject({ code: 'NO_METADATA' });
      expect(names(swarm, 'peerBanned')).toEqual(['10.0.0.1:6881']);
      expect(liar.statistics.connectionsAccepted).toBe(1);
    },
  );

  it('gets it within ten seconds from one honest peer among nine liars', async () => {
    const swarm = new MagnetSwarm(5_000);
    const metadata = swarm.infoBytes;
    const lie = (extensions: object): PeerBehaviour => ({ extensions: { metadata, ...extensions } });
    for (const behaviour of [
      lie({ metadataAnswer: 'corrupt' }),
      lie({ metadataAnswer: 'reject' }),
      lie({ metadataAnswer: 'endless' }),
      lie({ metadataAnswer: 'otherTotal' }),
      lie({ fields: { metadata_size: metadata.length + 1 } }),
      lie({ fields: { metadata_size: 2 ** 31 } }),
      lie({ fields: { metadata_size: -1 } }),
      lie({ fields: { metadata_size: 1 }, metadata: Uint8Array.of(1) }),
      lie({ rawHandshake: new Uint8Array(300).fill(0x6c) }),
    ])
      swarm.add(behaviour);
    swarm.add();
    const startMs = swarm.clock.now();
    expect(await swarm.run(swarm.fetch())).toEqual(metadata);
    expect(swarm.clock.now() - startMs).toBeLessThan(10_000);
    expect(names(swarm, 'peerBanned')).not.toContain('10.0.0.10:6881');
  });

  it('waits no longer than ten seconds for a peer that does not answer, while there is another', async () => {
    const swarm = new MagnetSwarm(2_000);
    swarm.add({ extensions: { metadata: swarm.infoBytes, metadataAnswer: 'silent' } });
    swarm.add();
    const startMs = swarm.clock.now();
    await swarm.run(swarm.fetch());
    expect(swarm.clock.now() - startMs).toBeLessThan(11_000);
  });

  it('asks nothing of peers that claim too much, and keeps nothing for them', async () => {
    const swarm = new MagnetSwarm(100);
    const fields = { metadata_size: 2 ** 31 };
    const liars = upTo(200).map(() => swarm.add({ extensions: { metadata: swarm.infoBytes, fields } }));
    swarm.add();
    expect(await swarm.run(swarm.fetch({ maxPeers: 20 }))).toEqual(swarm.infoBytes);
    expect(liars.reduce((sum, { statistics }) => sum + statistics.metadataRequests, 0)).toBe(0);
  });

  it('takes no more than it is allowed to', async () => {
    const swarm = new MagnetSwarm(2_000);
    const peer = swarm.add();
    const fetch = swarm.fetch({ maxBytes: swarm.infoBytes.length - 1, timeoutMs: 10_000 });
    await expect(swarm.run(fetch)).rejects.toMatchObject({ code: 'NO_METADATA' });
    expect(peer.statistics.metadataRequests).toBe(0);
  });

  it('says how many peers there were when no one has it in time, and leaves nothing behind', async () => {
    const swarm = new MagnetSwarm(10);
    swarm.add({ extensions: {} });
    swarm.add();
    const silent = swarm.add({ handshake: 'silent' });
    swarm.network.sever({ host: '10.0.0.2', port: 6881 });
    const pool = swarm.pool();
    pool.list.ban('10.0.0.2:6881');
    const fetch = swarm.fetch({ pool, timeoutMs: 5_000 });
    const failure = await swarm.run(fetch).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      detail: { code: 'NO_METADATA', waitedMs: 5_000, peersKnown: 2, peersReached: 1 },
      message:
        'Cannot get metadata: no peer gave it in 5 s (of 2 peers known, 1 answered), expected one that has it',
    });
    swarm.network.clock.advance(100);
    expect(silent.statistics.connectionsOpen).toBe(0);
    expect(swarm.clock.timerCount).toBe(0);
  });

  it('lets go of peers that cannot have it, and leaves them to the download', async () => {
    const swarm = new MagnetSwarm(10);
    swarm.add({});
    const pool = swarm.pool();
    const fetch = swarm.fetch({ pool, timeoutMs: 3_000 });
    await expect(swarm.run(fetch)).rejects.toMatchObject({ code: 'NO_METADATA' });
    expect(swarm.events).toContainEqual({
      type: 'peerDropped',
      peer: '10.0.0.1:6881',
      reason: expect.objectContaining({ code: 'PEER_NO_METADATA' }) as unknown,
    });
    expect(pool.list.hasNext(swarm.clock.now())).toBe(true);
  });

  it('makes room for others when those it knows have nothing to give', async () => {
    const swarm = new MagnetSwarm(10);
    for (const _ of upTo(6)) swarm.add({ extensions: {} });
    swarm.add();
    expect(await swarm.run(swarm.fetch({ maxPeers: 3 }))).toEqual(swarm.infoBytes);
  });

  it('finds peers that other peers tell of', async () => {
    const swarm = new MagnetSwarm(10);
    const { address } = swarm.addUnknown(swarm.honest());
    swarm.add({ extensions: { tells: [{ afterMs: 1_000, peers: [address] }] } });
    const exchange = new PeerExchange();
    const identity = { ...swarm.fetch().identity, exchange };
    const fetch = swarm.fetch({ identity, pool: swarm.pool(exchange) });
    expect(await swarm.run(fetch)).toEqual(swarm.infoBytes);
  });

  it('rejects with the reason of its signal, and lets go of everything', async () => {
    const swarm = new MagnetSwarm(10);
    swarm.add({ extensions: {} });
    const stop = new AbortController();
    swarm.network.clock.setTimer(2_000, () => stop.abort(new Error('enough')));
    await expect(swarm.run(swarm.fetch(), stop.signal)).rejects.toThrow('enough');
    expect(swarm.clock.timerCount).toBe(0);
  });

  it('refuses to begin without anyone to ask', async () => {
    const swarm = new MagnetSwarm(10);
    const pool = new PeerPool({ sources: [new PeerExchange()], now: () => 0 });
    await expect(swarm.run(swarm.fetch({ pool }))).rejects.toMatchObject({ code: 'NO_SOURCES' });
  });
});
