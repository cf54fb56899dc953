import { PieceLayout, infoHash, type BlockRange } from '@millrace/metainfo';
import { HANDSHAKE_LENGTH, type ByteStreamHandler } from '@millrace/peer-wire';
import { describe, expect, it } from 'vitest';
import { memoryNetwork } from '../memory/memory-network.ts';
import { placePeer } from '../memory/place-peer.ts';
import { payload } from '../payload.ts';
import { TestClient } from '../testing/test-client.ts';
import { everyNth, type PeerBehaviour } from './behaviour.ts';
import {
  garbage,
  haveMessage,
  hugePrefix,
  keepAlives,
  oddMessage,
  repeated,
  unrequestedBlock,
} from './hostile-bytes.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const ADDRESS = { host: '10.0.0.1', port: 6881 };
const PIECE_LENGTH = 32_768;
/** Eleven pieces, the last one byte long. */
const BYTES = payload(10 * PIECE_LENGTH + 1);
const METAINFO = {
  infoHash: infoHash(payload(20, 20)),
  layout: new PieceLayout({ pieceLength: PIECE_LENGTH, totalLength: BYTES.length }),
};
const BLOCKS = Array.from({ length: 11 }, (_, index) => [...METAINFO.layout.blocks(index)]).flat();

/** A peer in memory and a client that has connected to it, with whatever is under way delivered. */
async function meet(behaviour: PeerBehaviour = {}, link = {}) {
  const network = memoryNetwork(link);
  const { clock } = network;
  const peer = placePeer(network, ADDRESS, { ...behaviour, metainfo: METAINFO, payload: BYTES });
  const join = async (): Promise<TestClient> => {
    const client = new TestClient(METAINFO, clock);
    let isConnected = false;
    void network.connect(ADDRESS, client).then((stream) => {
      client.start(stream);
      isConnected = true;
    });
    await clock.advanceUntil(() => isConnected);
    clock.advance(1);
    return client;
  };
  return { network, clock, peer, client: await join(), join };
}

function bytesOf({ index, begin, length }: BlockRange): Uint8Array {
  const offset = METAINFO.layout.pieceOffset(index) + begin;
  return BYTES.subarray(offset, offset + length);
}

describe('an honest ScriptedPeer', () => {
  it('answers the handshake, says what it has, unchokes who is interested, and sends every block asked for', async () => {
    const { clock, peer, client } = await meet({ reserved: Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0) });
    expect(client.handshakes).toEqual([peer.handshake]);
    expect(client.types()).toEqual(['bitfield']);
    expect(client.session.remoteHave.isFull).toBe(true);
    client.say({ type: 'interested' });
    clock.advance(1);
    expect(client.session.remote.choking).toBe(false);
    client.request(...BLOCKS);
    clock.advance(1);
    expect(client.blocks).toEqual(BLOCKS.map((block) => ({ ...block, bytes: bytesOf(block) })));
    expect(peer.statistics).toMatchObject({
      connectionsAccepted: 1,
      handshakes: 1,
      requests: BLOCKS.length,
      blocks: BLOCKS.length,
      bytes: BYTES.length,
      maxOutstanding: BLOCKS.length,
      repeatedRequests: 0,
      badRequests: 0,
    });
    expect(peer.statistics.blocksOf(3)).toBe(2);
    expect(peer.statistics.remotePeerIds).toEqual([client.peerId]);
  });

  it('does not answer while it chokes, nor for what it does not have or what is no block', async () => {
    const { clock, peer, client } = await meet({ pieces: [0, 10] });
    expect([...client.session.remoteHave]).toEqual([0, 10]);
    client.request({ index: 0, begin: 0, length: 16_384 });
    clock.advance(1);
    client.say({ type: 'interested' });
    client.request(
      { index: 1, begin: 0, length: 16_384 },
      { index: 10, begin: 0, length: 2 },
      { index: 11, begin: 0, length: 1 },
      { index: 0, begin: 0, length: 0 },
      { index: 10, begin: 0, length: 1 },
    );
    clock.advance(1);
    expect(client.blocks.map(({ index }) => index)).toEqual([10]);
    expect(peer.statistics).toMatchObject({ chokedRequests: 1, badRequests: 4, blocks: 1 });
  });

  it('hangs up on one who asks for another torrent', async () => {
    const { clock, network, peer } = await meet();
    const stranger = new TestClient({ ...METAINFO, infoHash: infoHash(new Uint8Array(20)) }, clock);
    void network.connect(ADDRESS, stranger).then((stream) => stranger.start(stream));
    await clock.advanceUntil(() => stranger.closes.length > 0);
    expect(stranger.handshakes).toEqual([]);
    expect(peer.statistics.closeReasons).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/another torrent/) }),
    ]);
  });

  it('tells of pieces that come later, timed from the first handshake or by hand', async () => {
    const { clock, peer, client } = await meet({
      pieces: [0],
      laterPieces: [{ afterMs: 100, pieces: [3, 4] }],
    });
    clock.advance(98);
    expect(client.types()).toEqual(['bitfield']);
    clock.advance(2);
    expect([...client.session.remoteHave]).toEqual([0, 3, 4]);
    peer.addPieces([3, 5]);
    clock.advance(1);
    expect(client.types()).toEqual(['bitfield', 'have', 'have', 'have']);
    expect([...client.session.remoteHave]).toEqual([0, 3, 4, 5]);
  });

  it('keeps to its rate, shared fairly by its connections', async () => {
    const { clock, peer, client, join } = await meet({ bytesPerSecond: 163_840, unchoke: 'atOnce' });
    const other = await join();
    client.request(...BLOCKS);
    other.request(...BLOCKS);
    const before = peer.statistics.bytes;
    clock.advance(1000);
    const sent = peer.statistics.bytes - before;
    expect(sent).toBeGreaterThan(140_000);
    expect(sent).toBeLessThan(200_000);
    expect(Math.abs(client.blocks.length - other.blocks.length)).toBeLessThanOrEqual(1);
  });

  it('answers after its latency', async () => {
    const { clock, client } = await meet({ latencyMs: 200, unchoke: 'atOnce' });
    client.request(...BLOCKS.slice(0, 2));
    clock.advance(199);
    expect(client.blocks).toHaveLength(0);
    clock.advance(1);
    expect(client.blocks).toHaveLength(2);
  });

  it('does not send a block whose cancel comes in time', async () => {
    const { clock, peer, client } = await meet({ latencyMs: 50, unchoke: 'atOnce' });
    const [first, second] = BLOCKS;
    if (first === undefined || second === undefined) throw new Error('too few blocks');
    client.request(first, second);
    clock.advance(1);
    client.cancel(first);
    clock.advance(100);
    client.cancel(second);
    clock.advance(1);
    expect(client.blocks).toMatchObject([second]);
    expect(peer.statistics).toMatchObject({ cancels: 2, cancelsInTime: 1 });
  });

  it('counts what is asked for again after it was sent', async () => {
    const { clock, peer, client } = await meet({ unchoke: 'atOnce' });
    client.request(...BLOCKS.slice(0, 3));
    clock.advance(1);
    client.request(...BLOCKS.slice(2, 4));
    clock.advance(1);
    expect(peer.statistics).toMatchObject({ requests: 5, repeatedRequests: 1 });
  });

  it('sends views of the payload, not copies', async () => {
    const network = memoryNetwork();
    const peer = new ScriptedPeer({
      metainfo: METAINFO,
      payload: BYTES,
      unchoke: 'atOnce',
      clock: network.clock,
    });
    const written: Uint8Array[] = [];
    const client = new TestClient(METAINFO, network.clock);
    let far: ByteStreamHandler | undefined;
    peer.accept((handler) => {
      far = handler;
      return { write: (views) => written.push(...views) > 0, close() {} };
    });
    client.start({ write: (views) => views.every((view) => far?.onBytes(view) === undefined), close() {} });
    expect(peer.statistics.handshakes).toBe(1);
    client.request(...BLOCKS);
    expect(written.filter((view) => view.buffer === BYTES.buffer)).toHaveLength(BLOCKS.length);
  });
});

describe('a ScriptedPeer that fails', () => {
  it('stalls after so many blocks and keeps the connection', async () => {
    const { clock, peer, client } = await meet({ stallAfterBlocks: 3, unchoke: 'atOnce' });
    client.request(...BLOCKS);
    clock.advance(60_000);
    expect(client.blocks).toHaveLength(3);
    expect(client.closes).toEqual([]);
    client.request(...BLOCKS.slice(0, 1));
    clock.advance(1000);
    expect(client.blocks).toHaveLength(3);
    expect(peer.statistics.requests).toBe(BLOCKS.length + 1);
  });

  it('hangs up in the middle of a block and takes the next connection', async () => {
    const { clock, peer, client, join } = await meet({ hangUpAfterBytes: 20_000, unchoke: 'atOnce' });
    client.request(...BLOCKS);
    clock.advance(10);
    expect(client.blocks).toHaveLength(1);
    expect(client.closes).toHaveLength(1);
    expect(peer.statistics.bytes).toBe(20_000);
    const again = await join();
    again.request(...BLOCKS);
    clock.advance(10);
    expect(again.blocks).toHaveLength(1);
  });

  it('dies for good once it has sent so many bytes', async () => {
    const { clock, network, peer, client, join } = await meet({ dieAfterBytes: 40_000, unchoke: 'atOnce' });
    let deaths = 0;
    peer.onDeath(() => (deaths += 1));
    const other = await join();
    client.request(...BLOCKS);
    clock.advance(10);
    expect(client.closes).toHaveLength(1);
    expect(other.closes).toHaveLength(1);
    expect(deaths).toBe(1);
    expect(peer.statistics.bytes).toBe(40_000);
    const late = network.connect(ADDRESS, new TestClient(METAINFO, clock)).catch((error: unknown) => error);
    clock.advance(1);
    expect(await late).toMatchObject({ code: 'NOT_CONNECTED' });
    expect(peer.statistics.connectionsOpen).toBe(0);
  });

  it('chokes in turns and forgets what was asked before', async () => {
    const { clock, client } = await meet({
      chokeCycle: { unchokedMs: 100, chokedMs: 50 },
      unchoke: 'atOnce',
      latencyMs: 30,
    });
    clock.advance(80);
    client.request(...BLOCKS.slice(0, 2));
    clock.advance(20);
    expect(client.session.remote.choking).toBe(true);
    clock.advance(50);
    expect(client.session.remote.choking).toBe(false);
    expect(client.blocks).toEqual([]);
    expect(client.types()).toEqual(['bitfield', 'unchoke', 'choke', 'unchoke']);
  });

  it('never unchokes if it is told so', async () => {
    const { clock, client } = await meet({ unchoke: 'never' });
    client.say({ type: 'interested' });
    clock.advance(60_000);
    expect(client.session.remote.choking).toBe(true);
  });

  it('closes connections beyond its maximum', async () => {
    const { client, join, peer } = await meet({ maxConnections: 1 });
    const second = await join();
    expect(client.closes).toEqual([]);
    expect(second.closes).toHaveLength(1);
    expect(peer.statistics.connectionsAccepted).toBe(1);
  });
});

describe('a ScriptedPeer that lies', () => {
  it.each([
    ['garbage', 'NOT_BITTORRENT'],
    ['wrongProtocol', 'NOT_BITTORRENT'],
    ['wrongInfoHash', 'INFO_HASH_MISMATCH'],
    ['echoPeerId', 'CONNECTED_TO_SELF'],
  ] as const)('shakes hands by %s, which peer-wire refuses with %s', async (handshake, code) => {
    const { client } = await meet({ handshake });
    expect(client.closes).toEqual([expect.objectContaining({ code })]);
  });

  it('shakes hands silently, by halves, slowly or first', async () => {
    const silent = await meet({ handshake: 'silent' });
    silent.clock.advance(60_000);
    expect(silent.client.receivedLength).toBe(0);
    expect(silent.client.closes).toEqual([]);
    const cut = await meet({ handshake: 'cut' });
    expect(cut.client.receivedLength).toBe(34);
    expect(cut.client.closes).toEqual([undefined]);
    const slow = await meet({ handshake: 'slow', slowMs: 100 });
    slow.clock.advance(1000);
    expect(slow.client.receivedLength).toBe(11);
    slow.clock.advance(6000);
    expect(slow.client.types()).toEqual(['bitfield']);
    const first = await meet({ handshake: 'first' });
    expect(first.client.types()).toEqual(['bitfield']);
    expect(first.client.handshakes).toHaveLength(1);
  });

  it.each([
    ['short', 'BITFIELD_LENGTH'],
    ['long', 'BITFIELD_LENGTH'],
    ['spareBits', 'BITFIELD_SPARE_BITS'],
  ] as const)('sends the bitfield %s, which peer-wire refuses with %s', async (bitfield, code) => {
    const { client } = await meet({ bitfield });
    expect(client.closes).toEqual([expect.objectContaining({ code })]);
  });

  it('claims its pieces in other ways', async () => {
    const claims = async (behaviour: PeerBehaviour) => {
      const { client } = await meet({ ...behaviour, pieces: [1, 2] });
      return { types: client.types(), have: [...client.session.remoteHave].length };
    };
    expect(await claims({ bitfield: 'none' })).toEqual({ types: [], have: 0 });
    expect(await claims({ bitfield: 'haves' })).toEqual({ types: ['have', 'have'], have: 2 });
    expect(await claims({ bitfield: 'all' })).toEqual({ types: ['bitfield'], have: 11 });
    expect(await claims({ bitfield: 'twice' })).toEqual({ types: ['bitfield'], have: 2 });
  });

  it('corrupts the pieces or the blocks it is told to, and no others', async () => {
    const wrong = async (corrupt: PeerBehaviour['corrupt'] & {}) => {
      const { clock, client } = await meet({ corrupt, unchoke: 'atOnce' });
      client.request(...BLOCKS);
      clock.advance(1);
      return client.blocks.flatMap((block, at) =>
        Buffer.compare(block.bytes, bytesOf(block)) === 0 ? [] : [at],
      );
    };
    const original = BYTES.slice();
    expect(await wrong([2, 10])).toEqual([4, 5, 20]);
    expect(await wrong(everyNth(7))).toEqual([6, 13, 20]);
    expect(await wrong(({ index, begin }) => index === 1 && begin > 0)).toEqual([3]);
    expect(Buffer.compare(BYTES, original)).toBe(0);
  });

  it.each([
    ['short', [{ index: 0, begin: 0, length: 16_383 }]],
    ['long', [{ index: 0, begin: 0, length: 16_385 }]],
    ['empty', [{ index: 0, begin: 0, length: 0 }]],
    ['shifted', [{ index: 0, begin: 1, length: 16_384 }]],
    ['otherPiece', [{ index: 1, begin: 0, length: 16_384 }]],
    [
      'twice',
      [
        { index: 0, begin: 0, length: 16_384 },
        { index: 0, begin: 0, length: 16_384 },
      ],
    ],
  ] as const)('answers %s', async (answers, expected) => {
    const { clock, client } = await meet({ answers, unchoke: 'atOnce' });
    client.request(...BLOCKS.slice(0, 1));
    clock.advance(1);
    expect(client.blocks).toMatchObject(expected);
  });

  it.each(['reversed', 'random'] as const)('answers in %s order, with every block', async (order) => {
    const { clock, client } = await meet({ order, unchoke: 'atOnce' });
    client.request(...BLOCKS);
    clock.advance(1);
    const indexes = client.blocks.map(({ index }) => index);
    expect(indexes).not.toEqual(BLOCKS.map(({ index }) => index));
    expect(indexes.toSorted((one, other) => one - other)).toEqual(BLOCKS.map(({ index }) => index));
  });

  it('sends cancelled blocks all the same if told to', async () => {
    const { clock, peer, client } = await meet({ cancels: 'ignore', latencyMs: 10, unchoke: 'atOnce' });
    for (const block of BLOCKS.slice(0, 2)) {
      client.request(block);
      client.cancel(block);
    }
    clock.advance(20);
    expect(client.blocks).toHaveLength(2);
    expect(peer.statistics).toMatchObject({ cancels: 2, cancelsInTime: 0 });
  });

  it.each([
    ['a have out of range', haveMessage(11), 'PIECE_OUT_OF_RANGE'],
    ['a huge length prefix', hugePrefix(20), 'MESSAGE_TOO_LONG'],
    ['a have of three bytes', oddMessage(4, 3), 'MESSAGE_LENGTH'],
    ['garbage', garbage(1000), 'MESSAGE_TOO_LONG'],
    ['a flood of keep-alives', keepAlives(3000), 'MESSAGE_FLOOD'],
    ['a flood of unknown messages', repeated(oddMessage(99, 4), 3000), 'MESSAGE_FLOOD'],
  ])('intrudes with %s, which peer-wire refuses', async (_name, bytes, code) => {
    const { client } = await meet({ intrusions: [{ bytes }] });
    expect(client.types()[0]).toBe('bitfield');
    expect(client.closes).toEqual([expect.objectContaining({ code })]);
  });

  it('intrudes after so many blocks, between two of them', async () => {
    const bytes = unrequestedBlock(7, 0, 100);
    const intrusions = [
      { bytes, afterBlocks: 4, times: 2 },
      { bytes: haveMessage(3), afterBlocks: 5 },
    ];
    const { clock, client } = await meet({ intrusions, unchoke: 'atOnce', bitfield: 'none' });
    client.request(...BLOCKS.slice(0, 6));
    clock.advance(1);
    expect(client.blocks.map(({ index, length }) => [index, length])).toEqual([
      [0, 16_384],
      [0, 16_384],
      [1, 16_384],
      [1, 16_384],
      [7, 100],
      [7, 100],
      [2, 16_384],
      [2, 16_384],
    ]);
    expect(client.types()).toEqual(['unchoke', 'have']);
  });

  it('intrudes byte by byte, with everything else waiting', async () => {
    const intrusions = [{ bytes: haveMessage(3), byteEveryMs: 1000 }];
    const { clock, client } = await meet({ intrusions, unchoke: 'atOnce', bitfield: 'none' });
    client.request(...BLOCKS.slice(0, 1));
    clock.advance(8000);
    expect(client.types()).toEqual(['unchoke']);
    expect(client.blocks).toEqual([]);
    clock.advance(1000);
    expect(client.types()).toEqual(['unchoke', 'have']);
    expect(client.blocks).toHaveLength(1);
  });

  it('intrudes without end, no faster than it is read, until it is hung up on', async () => {
    const intrusions = [{ bytes: keepAlives(256), times: Infinity }];
    const link = { bytesPerSecond: 100_000, chunkLength: 1000 };
    const { clock, client } = await meet({ intrusions, bitfield: 'none' }, link);
    clock.advance(50);
    expect(client.receivedLength).toBeGreaterThan(4000);
    expect(client.receivedLength).toBeLessThan(HANDSHAKE_LENGTH + 6000);
    clock.advance(10_000);
    expect(client.closes).toEqual([expect.objectContaining({ code: 'MESSAGE_FLOOD' })]);
    clock.advance(10_000);
    expect(clock.pendingCount).toBe(0);
  });
});
