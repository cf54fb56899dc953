import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeHandshake } from '../handshake.ts';
import { Loopback, handleCount } from '../testing/loopback.ts';
import { concat, counting, cutInto, handshakeOf } from '../testing/messages.ts';
import { probeHandshake } from './probe-handshake.ts';

const LOCAL = handshakeOf(1, 2);
const REMOTE = handshakeOf(1, 3);

/** Probes a peer that does as told, and checks that the probe hangs up and leaves nothing open. */
async function probe(onSocket: (socket: Socket) => void, options = {}): Promise<unknown> {
  const before = handleCount();
  const hungUp = Promise.withResolvers<void>();
  const server = await Loopback.open((socket) => {
    socket.once('close', () => hungUp.resolve());
    socket.resume();
    onSocket(socket);
  });
  const outcome = await probeHandshake(server.address, LOCAL, options).catch((error: unknown) => error);
  await hungUp.promise;
  await server.close();
  await expect.poll(handleCount).toBeLessThanOrEqual(before);
  return outcome;
}

describe('probeHandshake', () => {
  it('returns what an honest peer says, having said its own', async () => {
    const said: Uint8Array[] = [];
    const outcome = await probe((socket) => {
      socket.on('data', (chunk: Uint8Array) => {
        said.push(new Uint8Array(chunk));
        // The handshake comes with the peer's first messages behind it.
        if (concat(...said).length === 68) socket.write(concat(encodeHandshake(REMOTE), counting(30)));
      });
    });
    expect(outcome).toEqual(REMOTE);
    expect(concat(...said)).toEqual(encodeHandshake(LOCAL));
  });

  it('puts an answer together that comes in pieces', async () => {
    const outcome = await probe((socket) => {
      const chunks = cutInto(encodeHandshake(REMOTE), [20]);
      const next = (): void => {
        const chunk = chunks.shift();
        if (chunk !== undefined) socket.write(chunk, () => void setImmediate(next));
      };
      next();
    });
    expect(outcome).toEqual(REMOTE);
  });

  it.each<[string, (socket: Socket) => void, object]>([
    [
      'says nothing',
      () => {},
      { code: 'TIMED_OUT', detail: { code: 'TIMED_OUT', phase: 'handshaking', idleMs: 60 } },
    ],
    [
      'stops half-way',
      (socket) => socket.write(encodeHandshake(REMOTE).subarray(0, 40)),
      { code: 'TIMED_OUT' },
    ],
    [
      'answers for another torrent',
      (socket) => socket.write(encodeHandshake(handshakeOf(9, 3))),
      { code: 'INFO_HASH_MISMATCH' },
    ],
    [
      'speaks another protocol',
      (socket) => socket.write('HTTP/1.1 400 Bad Request'),
      { code: 'NOT_BITTORRENT' },
    ],
    [
      'hangs up',
      (socket) => socket.end(),
      { code: 'CLOSED_BY_PEER', detail: { code: 'CLOSED_BY_PEER', phase: 'handshaking' } },
    ],
    [
      'hangs up half-way',
      (socket) => socket.end(encodeHandshake(REMOTE).subarray(0, 67)),
      { code: 'CLOSED_BY_PEER' },
    ],
    [
      'resets',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      { code: 'CLOSED_BY_PEER', cause: { code: 'ECONNRESET' } },
    ],
  ])('rejects when the peer %s', async (_, onSocket, expected) => {
    expect(await probe(onSocket, { timeoutMs: 60 })).toMatchObject(expected);
  });

  it('rejects when nobody listens', async () => {
    const server = await Loopback.open(() => {});
    const { address } = server;
    await server.close();
    await expect(probeHandshake(address, LOCAL)).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
  });

  it('rejects with the reason of the signal while the peer says nothing', async () => {
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const outcome = await probe((socket) => socket.once('data', () => controller.abort(reason)), {
      signal: controller.signal,
    });
    expect(outcome).toBe(reason);
  });
});
