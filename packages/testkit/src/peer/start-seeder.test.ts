import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { PieceLayout, infoHash } from '@millrace/metainfo';
import { encodeHandshake, encodeMessage } from '@millrace/peer-wire';
import { connectTcp } from '@millrace/peer-wire/node';
import { describe, expect, it } from 'vitest';
import { payload } from '../payload.ts';
import { TestClient } from '../testing/test-client.ts';
import { startSeeder, type SeederOptions } from './start-seeder.ts';

const PIECE_LENGTH = 262_144;
const BYTES = payload(16 * 1024 * 1024 + 5);
const METAINFO = {
  infoHash: infoHash(payload(20, 20)),
  layout: new PieceLayout({ pieceLength: PIECE_LENGTH, totalLength: BYTES.length }),
};
const BLOCKS = Array.from({ length: METAINFO.layout.pieceCount }, (_, index) => [
  ...METAINFO.layout.blocks(index),
]).flat();

function seeder(options: Partial<SeederOptions> = {}) {
  return startSeeder({ metainfo: METAINFO, payload: BYTES, ...options });
}

function openSockets(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
}

describe('startSeeder', () => {
  it.each(['127.0.0.1', '::1'] as const)('serves a whole torrent over TCP at %s', async (host) => {
    await using peer = await seeder({ host });
    expect(peer.address.host).toBe(host);
    const client = new TestClient(METAINFO);
    client.start(await connectTcp(peer.address, client));
    client.say({ type: 'interested' });
    await peer.until(({ received }) => received.has('interested'));
    client.request(...BLOCKS);
    await expect.poll(() => client.blocks.length).toBe(BLOCKS.length);
    expect(Buffer.concat(client.blocks.map(({ bytes }) => bytes)).equals(BYTES)).toBe(true);
    expect(peer.statistics).toMatchObject({ blocks: BLOCKS.length, bytes: BYTES.length, connectionsOpen: 1 });
    client.close();
    await peer.until(({ connectionsOpen }) => connectionsOpen === 0);
  });

  it('speaks to a plain socket as BEP 3 has it', async () => {
    await using peer = await seeder({ pieces: [0, 9] });
    const socket = connect(peer.address.port, peer.address.host);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const handshake = { infoHash: METAINFO.infoHash, peerId: peer.peerId, reserved: new Uint8Array(8) };
    socket.write(encodeHandshake(handshake));
    socket.write(encodeMessage({ type: 'interested' }));
    // Handshake, bitfield of 65 pieces (9 bytes), unchoke.
    const expected = Buffer.concat([
      encodeHandshake(handshake),
      Buffer.from('0000000a05804000000000000000', 'hex'),
      Buffer.from('0000000101', 'hex'),
    ]);
    await expect.poll(() => Buffer.concat(chunks).toString('hex')).toBe(expected.toString('hex'));
    chunks.length = 0;
    socket.write(encodeMessage({ type: 'request', index: 9, begin: 16_384, length: 100 }));
    const offset = 9 * PIECE_LENGTH + 16_384;
    const piece = `0000006d070000000900004000${Buffer.from(BYTES.subarray(offset, offset + 100)).toString('hex')}`;
    await expect.poll(() => Buffer.concat(chunks).toString('hex')).toBe(piece);
    socket.destroy();
  });

  it('gives each seeder its own peer id', async () => {
    await using one = await seeder();
    await using other = await seeder();
    expect(one.peerId).not.toEqual(other.peerId);
    expect(new TextDecoder().decode(one.peerId.subarray(0, 8))).toBe('-MK0001-');
  });

  it('closes its socket when it dies, so that nobody can connect again', async () => {
    await using peer = await seeder({ dieAfterBytes: 100_000, unchoke: 'atOnce' });
    const client = new TestClient(METAINFO);
    client.start(await connectTcp(peer.address, client));
    client.request(...BLOCKS);
    await expect.poll(() => client.closes.length).toBe(1);
    await expect(connectTcp(peer.address, client)).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    expect(peer.statistics.bytes).toBe(100_000);
  });

  it('sends endlessly without filling its memory, until it is hung up on', async () => {
    await using peer = await seeder({ intrusions: [{ bytes: payload(65_536), times: Infinity }] });
    const socket = connect(peer.address.port, peer.address.host);
    const handshake = { infoHash: METAINFO.infoHash, peerId: peer.peerId, reserved: new Uint8Array(8) };
    socket.write(encodeHandshake(handshake));
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > 20_000_000) socket.destroy();
    });
    await once(socket, 'close');
    await peer.until(({ connectionsOpen }) => connectionsOpen === 0);
    expect(length).toBeGreaterThan(20_000_000);
  });

  it('leaves nothing open behind', async () => {
    const peer = await seeder({ laterPieces: [{ afterMs: 100_000, pieces: [1] }], pieces: [0] });
    const client = new TestClient(METAINFO);
    client.start(await connectTcp(peer.address, client));
    await peer.until(({ handshakes }) => handshakes === 1);
    await Promise.all([peer.close(), peer.close()]);
    await expect.poll(() => client.closes.length).toBe(1);
    await expect.poll(openSockets).toEqual([]);
  });

  it('rejects at start if its tracker cannot be reached, with nothing left open', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(seeder({ tracker: `http://127.0.0.1:${port}/announce` })).rejects.toThrow('ECONNREFUSED');
    await expect.poll(openSockets).toEqual([]);
  });
});
