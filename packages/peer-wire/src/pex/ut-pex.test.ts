import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../encode.ts';
import { openExtended, Pair } from '../testing/client.ts';
import { encodePexMessage, type PexAddress, type PexMessage, type PexPeer } from './pex-message.ts';
import { UtPex, type UtPexOptions } from './ut-pex.ts';

/** Peers 1.0.x.y. */
function peersFrom(first: number, count: number): PexPeer[] {
  return Array.from({ length: count }, (_, at) => ({
    host: `1.0.${(first + at) >> 8}.${(first + at) & 255}`,
    port: 6881,
  }));
}

/** A pair of which `a` tells and `b` hears. */
function pexPair(telling: UtPexOptions, hearing: UtPexOptions = {}): { pair: Pair; heard: PexMessage[] } {
  const heard: PexMessage[] = [];
  const pair = new Pair(
    { extensions: [new UtPex(telling)] },
    { extensions: [new UtPex({ onPeers: (message) => heard.push(message), ...hearing })] },
  );
  return { pair, heard };
}

describe('UtPex, telling', () => {
  it('tells whom we are connected to at once, and then what changed, once a minute', () => {
    let peers = peersFrom(0, 3);
    const { pair, heard } = pexPair({ peers: () => peers });
    pair.pass(0);
    expect(heard).toEqual([{ added: peers, dropped: [] }]);
    peers = peersFrom(1, 4);
    pair.pass(59_999);
    expect(heard).toHaveLength(1);
    pair.pass(1);
    expect(heard[1]).toEqual({ added: peersFrom(3, 2), dropped: peersFrom(0, 1) });
    expect(pair.pass(60_000)).toBe(0);
    peers = [];
    expect(pair.pass(9_999)).toBe(0);
    pair.pass(1);
    expect(heard[2]).toEqual({ added: [], dropped: peersFrom(1, 4) });
  });

  it('asks whom we are connected to once a second until it has told of someone, then not so often', () => {
    let askedCount = 0;
    let peers: PexPeer[] = [];
    const { pair, heard } = pexPair({ peers: () => ((askedCount += 1), peers) });
    for (let at = 0; at < 10; at += 1) pair.pass(500);
    expect(askedCount).toBe(5);
    peers = peersFrom(0, 1);
    for (let second = 0; second < 60; second += 1) pair.pass(1000);
    expect([askedCount, heard.length]).toEqual([6, 1]);
    for (let second = 0; second < 60; second += 1) pair.pass(1000);
    expect(askedCount).toBeLessThanOrEqual(13);
  });

  it('does not tell of those that came and went in between', () => {
    let peers = peersFrom(0, 1);
    const { pair, heard } = pexPair({ peers: () => peers });
    pair.pass(0);
    peers = peersFrom(0, 9);
    pair.pass(30_000);
    peers = peersFrom(0, 1);
    expect(pair.pass(30_000)).toBe(0);
    expect(heard).toHaveLength(1);
  });

  it('tells of 100 at first, of 50 later, and of the others in their turn', () => {
    const { pair, heard } = pexPair({ peers: () => peersFrom(0, 220) });
    pair.pass(0);
    for (let minute = 0; minute < 5; minute += 1) pair.pass(60_000);
    expect(heard.map(({ added }) => added.length)).toEqual([100, 50, 50, 20]);
    expect(new Set(heard.flatMap(({ added }) => added.map(({ host }) => host))).size).toBe(220);
  });

  it('tells no one of itself, twice, of what no one can use, or of what is near to who is far', () => {
    const useless = [
      '127.0.0.1',
      '192.168.0.1',
      '10.1.1.1',
      'fe80::1',
      '0.0.0.0',
      '239.1.1.1',
      'peer.example',
    ];
    const peers = [
      { host: '1.2.3.4', port: 6881 },
      { host: '::ffff:1.2.3.4', port: 6881 },
      { host: '5.6.7.8', port: 6881 },
      { host: '5.6.7.8', port: 0 },
      ...useless.map((host) => ({ host, port: 6881 })),
    ];
    const { pair, heard } = pexPair({ remote: { host: '5.6.7.8', port: 6881 }, peers: () => peers });
    pair.pass(0);
    expect(heard).toEqual([{ added: [{ host: '1.2.3.4', port: 6881 }], dropped: [] }]);
  });

  it('says nothing to who does not take it, or takes it no longer', () => {
    const telling = new UtPex({ peers: () => peersFrom(0, 3) });
    const pair = new Pair({ extensions: [telling] });
    expect(pair.pass(0)).toBe(0);
    const { pair: other, heard } = pexPair({ peers: () => peersFrom(0, 3) });
    other.b.session.removeExtension('ut_pex');
    other.settle();
    expect(other.pass(0)).toBe(0);
    expect(heard).toEqual([]);
  });
});

describe('UtPex, hearing', () => {
  /** Hears messages, each so many milliseconds after the last. */
  function hear(
    messages: readonly (readonly [ms: number, message: Partial<PexMessage>])[],
    remote?: PexAddress,
  ): PexMessage[] {
    const heard: PexMessage[] = [];
    const pex = new UtPex({
      onPeers: (message) => heard.push(message),
      ...(remote === undefined ? {} : { remote }),
    });
    const client = openExtended({ extensions: [pex] });
    for (const [ms, message] of messages) {
      client.nowMs += ms;
      const payload = encodePexMessage({ added: [], dropped: [], ...message });
      client.receive(encodeMessage({ type: 'extended', id: 1, payload }));
    }
    return heard;
  }

  it('takes 100 at first and 50 a minute, of each list, however they come', () => {
    expect(hear([[0, { added: peersFrom(0, 100) }]])[0]?.added).toHaveLength(100);
    expect(hear([[0, { added: peersFrom(0, 101) }]])[0]?.added).toHaveLength(100);
    expect(hear([[0, { dropped: peersFrom(0, 1000) }]])[0]?.dropped).toHaveLength(100);
    const counts = hear([
      [0, { added: peersFrom(0, 150) }],
      [0, { added: peersFrom(200, 5) }],
      [60_000, { added: peersFrom(300, 51) }],
      [6_000, { added: peersFrom(400, 50) }],
      [600_000, { added: peersFrom(500, 100) }],
    ]).map(({ added }) => added.length);
    expect(counts).toEqual([100, 50, 5, 50]);
  });

  it('takes no more from a flood of 10^4', () => {
    const messages = Array.from({ length: 1000 }, (_, at) => [0, { added: peersFrom(at * 10, 10) }] as const);
    expect(hear(messages).flatMap(({ added }) => added)).toHaveLength(100);
  });

  it('leaves out ports of other services, and addresses where no peer is', () => {
    const added = [
      { host: '1.2.3.4', port: 0 },
      { host: '1.2.3.4', port: 22 },
      { host: '1.2.3.4', port: 80 },
      { host: '1.2.3.4', port: 443 },
      { host: '1.2.3.4', port: 1023 },
      { host: '1.2.3.4', port: 1024 },
      { host: '0.0.0.0', port: 6881 },
      { host: '255.255.255.255', port: 6881 },
      { host: 'ff02::1', port: 6881 },
      { host: '::', port: 6881 },
    ];
    expect(hear([[0, { added }]])).toEqual([{ added: [{ host: '1.2.3.4', port: 1024 }], dropped: [] }]);
  });

  it.each([
    [undefined, ['1.2.3.4']],
    ['5.6.7.8', ['1.2.3.4']],
    ['2001:db8::1', ['1.2.3.4']],
    ['10.9.9.9', ['1.2.3.4', '192.168.1.1']],
    ['127.0.0.1', ['1.2.3.4', '192.168.1.1', '127.0.0.2']],
    ['::1', ['1.2.3.4', '192.168.1.1', '127.0.0.2']],
  ])('takes near addresses only from who is as near: from %s, %j', (host, hosts) => {
    const added = ['1.2.3.4', '192.168.1.1', '127.0.0.2'].map((each) => ({ host: each, port: 6881 }));
    const heard = hear([[0, { added }]], host === undefined ? undefined : { host, port: 6881 });
    expect(heard[0]?.added.map((peer) => peer.host)).toEqual(hosts);
  });
});
