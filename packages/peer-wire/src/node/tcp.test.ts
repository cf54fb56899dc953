import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../byte-stream.ts';
import { Loopback, Recorder, handleCount } from '../testing/loopback.ts';
import { concat, counting } from '../testing/messages.ts';
import { listenTcp } from './listen-tcp.ts';
import { connectTcp, tcpStream } from './tcp.ts';

/** A connection between an adapter's stream and a plain socket. */
interface Pair extends AsyncDisposable {
  readonly stream: ByteStream;
  readonly local: Recorder;
  readonly remote: Socket;
}

/** Connects with `connectTcp()`: the stream is the side that dialled. */
async function dialled(local = new Recorder()): Promise<Pair> {
  const accepted = Promise.withResolvers<Socket>();
  const server = await Loopback.open((socket) => accepted.resolve(socket));
  const stream = await connectTcp(server.address, local);
  return { stream, local, remote: await accepted.promise, [Symbol.asyncDispose]: () => server.close() };
}

/** Wraps with `tcpStream()`: the stream is the side that was called. */
async function called(local = new Recorder()): Promise<Pair> {
  const accepted = Promise.withResolvers<ByteStream>();
  const server = await Loopback.open((socket) => accepted.resolve(tcpStream(socket, local)));
  const remote = connect(server.address);
  remote.on('error', () => {});
  const stream = await accepted.promise;
  const close = async (): Promise<void> => {
    remote.destroy();
    await server.close();
  };
  return { stream, local, remote, [Symbol.asyncDispose]: close };
}

/** Accepts with `listenTcp()`: the stream is the side that was called. */
async function listened(local = new Recorder()): Promise<Pair> {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listenTcp({ host: '127.0.0.1' }, (incoming) =>
    accepted.resolve(incoming.accept(local)),
  );
  const remote = connect({ host: '127.0.0.1', port: listener.port });
  remote.on('error', () => {});
  const stream = await accepted.promise;
  const close = async (): Promise<void> => {
    remote.destroy();
    stream.close();
    await listener.close();
  };
  return { stream, local, remote, [Symbol.asyncDispose]: close };
}

/** Reads until `length` bytes came. */
async function received(socket: Socket, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = length;
  const done = Promise.withResolvers<void>();
  socket.on('data', (chunk: Uint8Array) => {
    chunks.push(new Uint8Array(chunk));
    left -= chunk.length;
    if (left <= 0) done.resolve();
  });
  socket.resume();
  await done.promise;
  return concat(...chunks);
}

/** More than the system takes for a remote that does not read. */
const PLENTY = new Uint8Array(24_000_000);

describe.each([
  ['connectTcp', dialled],
  ['tcpStream', called],
  ['listenTcp', listened],
])('%s', (_, open) => {
  it('delivers bytes in order, as plain arrays, however they were written', async () => {
    await using pair = await open();
    const { local, remote } = pair;
    const sent: Uint8Array[] = [];
    for (let length = 1; length < 400; length += 7) {
      const bytes = counting(length, length);
      sent.push(bytes);
      remote.write(bytes);
      if (length % 3 === 0) await new Promise(setImmediate);
    }
    // More than the read buffer holds.
    const large = counting(700_000, 5);
    remote.write(large);
    const all = concat(...sent, large);
    let sawBuffer = false;
    const onBytes = local.onBytes.bind(local);
    local.onBytes = (chunk) => {
      sawBuffer ||= Buffer.isBuffer(chunk);
      onBytes(chunk);
    };
    await expect.poll(() => local.bytes.length).toBe(all.length);
    expect(Buffer.compare(local.bytes, all)).toBe(0);
    expect(sawBuffer).toBe(false);
  });

  it('writes views in order', async () => {
    await using pair = await open();
    const views = [counting(3), new Uint8Array(0), counting(70_000, 9), counting(1, 77)];
    expect(pair.stream.write([])).toBe(true);
    pair.stream.write([counting(5, 200)]);
    pair.stream.write(views);
    const whole = concat(counting(5, 200), ...views);
    expect(Buffer.compare(await received(pair.remote, whole.length), whole)).toBe(0);
  });

  it('asks to wait while the remote does not read, and says when to go on', async () => {
    await using pair = await open();
    const { stream, local, remote } = pair;
    remote.pause();
    expect(stream.write([PLENTY])).toBe(false);
    expect(stream.write([counting(1)])).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(local.drainCount).toBe(0);
    const all = await received(remote, PLENTY.length + 1);
    expect(all).toHaveLength(PLENTY.length + 1);
    await expect.poll(() => local.drainCount).toBe(1);
    expect(stream.write([counting(1)])).toBe(true);
  });

  it('tells once of its own close, with the first reason', async () => {
    await using pair = await open();
    const { stream, local, remote } = pair;
    const closed = once(remote, 'close');
    remote.resume();
    const reason = new Error('enough');
    stream.close(reason);
    stream.close(new Error('again'));
    expect(local.closes).toEqual([]);
    await closed;
    await expect.poll(() => local.closes).toEqual([reason]);
    stream.close(new Error('once more'));
    expect(stream.write([counting(3)])).toBe(false);
    await new Promise(setImmediate);
    expect(local.closes).toEqual([reason]);
  });

  it('keeps to no reason when the first close had none', async () => {
    await using pair = await open();
    pair.stream.close();
    pair.stream.close(new Error('again'));
    await expect.poll(() => pair.local.closes).toEqual([undefined]);
  });

  it('closes after the last bytes when the remote ends its half', async () => {
    await using pair = await open();
    const { local, remote, stream } = pair;
    remote.end(counting(50_000));
    await expect.poll(() => local.closes).toEqual([undefined]);
    expect(local.bytes).toHaveLength(50_000);
    expect(stream.write([counting(1)])).toBe(false);
  });

  it('closes when the remote ends its half and does not read what waits', async () => {
    await using pair = await open();
    pair.remote.pause();
    pair.stream.write([PLENTY]);
    pair.remote.end();
    await expect.poll(() => pair.local.closes).toEqual([undefined]);
  });

  it('tells the error of the network when the remote resets', async () => {
    await using pair = await open();
    const { local, remote } = pair;
    remote.resetAndDestroy();
    await expect.poll(() => local.closes).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it('survives a reset in the middle of a large write', async () => {
    await using pair = await open();
    const { local, remote, stream } = pair;
    remote.pause();
    stream.write([PLENTY]);
    remote.resetAndDestroy();
    await expect.poll(() => local.closes).toHaveLength(1);
    expect(local.drainCount).toBe(0);
  });

  it('delivers nothing after it is closed in the middle of what came', async () => {
    const local = new Recorder();
    await using pair = await open(local);
    const record = local.onBytes.bind(local);
    local.onBytes = (chunk) => {
      record(chunk);
      pair.stream.close('seen enough');
    };
    pair.remote.write(counting(500_000));
    await expect.poll(() => local.closes).toEqual(['seen enough']);
    expect(local.chunks).toHaveLength(1);
  });

  it('closes with what onBytes() throws', async () => {
    const local = new Recorder();
    await using pair = await open(local);
    const failure = new Error('not that');
    local.onBytes = () => {
      throw failure;
    };
    pair.remote.write(counting(10));
    await expect.poll(() => local.closes).toEqual([failure]);
  });

  it('closes with what onDrained() throws', async () => {
    const local = new Recorder();
    await using pair = await open(local);
    const failure = new Error('not now');
    local.onDrained = () => {
      throw failure;
    };
    pair.stream.write([PLENTY]);
    pair.remote.resume();
    await expect.poll(() => local.closes).toEqual([failure]);
  });

  it('leaves no handle behind', async () => {
    const before = handleCount();
    {
      await using pair = await open();
      pair.stream.close();
      await expect.poll(() => pair.local.closes).toHaveLength(1);
    }
    await expect.poll(handleCount).toBeLessThanOrEqual(before);
  });
});

describe.each([
  ['connectTcp', dialled],
  ['listenTcp', listened],
])('%s, of a quick remote', (_, open) => {
  it('reads seldom what a quick remote sends in small packets, and all of it', async () => {
    await using pair = await open();
    const { local, remote } = pair;
    const packet = counting(8 * 1024);
    const packetCount = 4000;
    for (let sent = 0; sent < packetCount; sent += 1) {
      remote.write(packet);
      await new Promise(setImmediate);
    }
    remote.end();
    await expect.poll(() => local.closes).toEqual([undefined]);
    expect(local.bytes).toHaveLength(packetCount * packet.length);
    expect(local.chunks.length).toBeLessThan(packetCount / 2);
  });

  it('closes at once while it rests, and leaves no timer behind', async () => {
    const local = new Recorder();
    await using pair = await open(local);
    const { stream, remote } = pair;
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    remote.on('error', () => {});
    while (!remote.destroyed && timers() === before) {
      remote.write(counting(16 * 1024));
      await new Promise(setImmediate);
    }
    stream.close();
    await expect.poll(() => local.closes).toEqual([undefined]);
    expect(timers()).toBe(before);
  });
});

describe('tcpStream', () => {
  it('delivers nothing after its close of what the socket had read before', async () => {
    const local = new Recorder();
    await using server = await Loopback.open((socket) => {
      socket.unshift(counting(3, 50));
      socket.unshift(counting(3));
      const stream = tcpStream(socket, local);
      const record = local.onBytes.bind(local);
      local.onBytes = (chunk) => {
        record(chunk);
        stream.close('seen enough');
      };
    });
    const remote = connect(server.address);
    await expect.poll(() => local.closes).toEqual(['seen enough']);
    expect(local.chunks).toEqual([counting(3)]);
    remote.destroy();
  });
});

describe('connectTcp, connecting', () => {
  it('keeps connections apart that share the read buffer', async () => {
    await using server = await Loopback.open((socket) => {
      socket.on('data', (chunk) => socket.write(chunk));
    });
    const clients = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const local = new Recorder();
        const bytes = counting(90_000 + at, at * 17);
        const stream = await connectTcp(server.address, local);
        stream.write([bytes]);
        return { local, bytes, stream };
      }),
    );
    for (const { local, bytes, stream } of clients) {
      await expect.poll(() => local.bytes.length).toBe(bytes.length);
      expect(Buffer.compare(local.bytes, bytes)).toBe(0);
      stream.close();
    }
  });

  it('connects over IPv6, and from the address it is told', async () => {
    await using six = await Loopback.open(() => {}, '::1');
    (await connectTcp(six.address, new Recorder())).close();
    const from = Promise.withResolvers<string | undefined>();
    await using four = await Loopback.open((socket) => from.resolve(socket.remoteAddress));
    const stream = await connectTcp(four.address, new Recorder(), { localAddress: '127.0.0.2' });
    await expect(from.promise).resolves.toBe('127.0.0.2');
    stream.close();
  });

  it('rejects when nobody listens, with the cause, and tells the handler nothing', async () => {
    const server = await Loopback.open(() => {});
    const { address } = server;
    await server.close();
    const local = new Recorder();
    const before = handleCount();
    await expect(connectTcp(address, local)).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      cause: { code: 'ECONNREFUSED' },
    });
    await expect.poll(handleCount).toBeLessThanOrEqual(before);
    expect(local.closes).toEqual([]);
  });

  it('rejects with the reason of the signal, before and while it connects', async () => {
    await using server = await Loopback.open(() => {});
    const before = handleCount();
    const reason = new Error('changed my mind');
    const local = new Recorder();
    const early = AbortSignal.abort(reason);
    await expect(connectTcp(server.address, local, { signal: early })).rejects.toBe(reason);
    const controller = new AbortController();
    const connecting = connectTcp(server.address, local, { signal: controller.signal });
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    await expect.poll(handleCount).toBeLessThanOrEqual(before);
    expect(local.closes).toEqual([]);
  });

  it('rejects when the time is over before the peer answers', async () => {
    await using server = await Loopback.open(() => {});
    const before = handleCount();
    const local = new Recorder();
    // Right before the loop looks at timers, and only then at sockets.
    await new Promise(setImmediate);
    const connecting = connectTcp(server.address, local, { timeoutMs: 1 });
    for (const start = performance.now(); performance.now() - start < 5;);
    await expect(connecting).rejects.toMatchObject({
      detail: { code: 'TIMED_OUT', phase: 'connecting', idleMs: 1 },
    });
    await expect.poll(handleCount).toBeLessThanOrEqual(before);
    expect(local.closes).toEqual([]);
  });

  it('may wait without end', async () => {
    await using server = await Loopback.open(() => {});
    await new Promise(setImmediate);
    const connecting = connectTcp(server.address, new Recorder(), { timeoutMs: Infinity });
    for (const start = performance.now(); performance.now() - start < 5;);
    const stream = await connecting;
    expect(stream.write([counting(1)])).toBe(true);
    stream.close();
  });

  it('does not look at the signal once it is connected', async () => {
    await using server = await Loopback.open(() => {});
    const controller = new AbortController();
    const local = new Recorder();
    const stream = await connectTcp(server.address, local, { signal: controller.signal });
    controller.abort();
    await new Promise(setImmediate);
    expect(stream.write([counting(1)])).toBe(true);
    stream.close('mine');
    await expect.poll(() => local.closes).toEqual(['mine']);
  });

  it.each([
    [{ host: '127.0.0.1', port: 70_000 }, {}],
    [{ host: '127.0.0.1', port: 1 }, { localAddress: 'nowhere' }],
  ])('rejects misuse %j %j as such', async (address, options) => {
    const failure = await connectTcp(address, new Recorder(), options).catch((error: unknown) => error);
    expect(failure instanceof RangeError || failure instanceof TypeError).toBe(true);
  });
});
