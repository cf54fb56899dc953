import type { ByteStream, ByteStreamHandler } from '@millrace/peer-wire';
import { describe, expect, it } from 'vitest';
import { payload } from '../payload.ts';
import { memoryNetwork, type MemoryNetworkOptions } from './memory-network.ts';

const ADDRESS = { host: '10.0.0.1', port: 6881 };

interface Recorder extends ByteStreamHandler {
  readonly chunks: Uint8Array[];
  readonly kept: Uint8Array[];
  drains: number;
  readonly closes: unknown[];
}

function recorder(): Recorder {
  return {
    chunks: [],
    kept: [],
    drains: 0,
    closes: [],
    onBytes(chunk) {
      this.chunks.push(chunk.slice());
      this.kept.push(chunk);
    },
    onDrained() {
      this.drains += 1;
    },
    onClose(reason) {
      this.closes.push(reason);
    },
  };
}

/** A network with one listener, and both ends of a connection to it. */
async function connected(options: Omit<MemoryNetworkOptions, 'clock'> = {}) {
  const network = memoryNetwork(options);
  const near = recorder();
  const far = recorder();
  let farStream: ByteStream | undefined;
  network.listen(ADDRESS, (open) => {
    farStream = open(far);
  });
  let nearStream: ByteStream | undefined;
  void network.connect(ADDRESS, near).then((stream) => (nearStream = stream));
  await network.clock.advanceUntil(() => nearStream !== undefined);
  if (nearStream === undefined || farStream === undefined) throw new Error('not connected');
  return { network, clock: network.clock, near, far, nearStream, farStream };
}

describe('MemoryNetwork', () => {
  it('takes a round trip to connect and half of one to deliver', async () => {
    const { clock, nearStream, far } = await connected({ latencyMs: 50 });
    expect(clock.now()).toBe(100);
    nearStream.write([Uint8Array.of(1), Uint8Array.of(2, 3)]);
    clock.advance(49);
    expect(far.chunks).toEqual([]);
    clock.advance(1);
    expect(far.chunks).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it('delivers every byte in order, however it cuts, and the same way every time', async () => {
    const bytes = payload(10_000);
    const cuts: number[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const options = { chunkLength: { min: 1, max: 700 }, latencyMs: 5, jitterMs: 20, seed: 4 };
      const { clock, nearStream, far } = await connected(options);
      for (let at = 0; at < bytes.length; at += 1500) nearStream.write([bytes.subarray(at, at + 1500)]);
      clock.advance(1000);
      expect(Buffer.concat(far.chunks).equals(bytes)).toBe(true);
      cuts.push(far.chunks.map(({ length }) => length));
    }
    expect(cuts[0]).toEqual(cuts[1]);
    expect(Math.max(...(cuts[0] ?? []))).toBeLessThanOrEqual(700);
  });

  it('overwrites a chunk after the call, as a reused buffer would be', async () => {
    const { clock, nearStream, far } = await connected();
    nearStream.write([Uint8Array.of(1, 2)]);
    clock.advance(1);
    expect(far.chunks).toEqual([Uint8Array.of(1, 2)]);
    expect(far.kept).toEqual([Uint8Array.of(0xdd, 0xdd)]);
  });

  it('carries no more than the link does', async () => {
    const { clock, nearStream, far } = await connected({ bytesPerSecond: 100_000, chunkLength: 1000 });
    nearStream.write([payload(50_000)]);
    clock.advance(250);
    expect(far.chunks).toHaveLength(25);
    clock.advance(250);
    expect(far.chunks).toHaveLength(50);
  });

  it('asks the writer to wait beyond the high-water mark, and tells when the queue is empty', async () => {
    const { clock, near, nearStream } = await connected({ highWaterMark: 1000, bytesPerSecond: 1_000_000 });
    expect(nearStream.write([payload(1000)])).toBe(true);
    expect(nearStream.write([payload(1)])).toBe(false);
    expect(near.drains).toBe(0);
    clock.advance(1000);
    expect(near.drains).toBe(1);
    expect(nearStream.write([payload(1)])).toBe(true);
  });

  it('tells both ends of a close, each once, after what was written before it', async () => {
    const { clock, near, far, nearStream } = await connected({ latencyMs: 10 });
    const reason = new Error('enough');
    nearStream.write([payload(100)]);
    nearStream.close(reason);
    nearStream.close();
    expect(nearStream.write([payload(1)])).toBe(false);
    clock.advance(100);
    expect(near.closes).toEqual([reason]);
    expect(far.chunks.map(({ length }) => length)).toEqual([100]);
    expect(far.closes).toEqual([undefined]);
  });

  it('closes the stream whose handler throws, as the TCP adapter does', async () => {
    const { clock, near, far, nearStream } = await connected();
    const error = new Error('bad bytes');
    far.onBytes = () => {
      throw error;
    };
    nearStream.write([payload(1)]);
    clock.advance(1);
    expect(far.closes).toEqual([error]);
    expect(near.closes).toEqual([undefined]);
  });

  it('breaks connections without delivering what was under way', async () => {
    const { network, clock, near, far, nearStream } = await connected({ latencyMs: 10 });
    nearStream.write([payload(100)]);
    clock.advance(5);
    network.sever(ADDRESS);
    clock.advance(100);
    expect(far.chunks).toEqual([]);
    expect(near.closes).toEqual([expect.objectContaining({ message: 'read ECONNRESET' })]);
    expect(far.closes).toEqual([expect.objectContaining({ message: 'read ECONNRESET' })]);
  });

  it('refuses a connection where nothing listens', async () => {
    const network = memoryNetwork({ latencyMs: 20 });
    const listener = network.listen(ADDRESS, () => {});
    listener.close();
    const attempt = network.connect(ADDRESS, recorder()).catch((error: unknown) => error);
    network.clock.advance(40);
    expect(await attempt).toMatchObject({ code: 'NOT_CONNECTED' });
  });

  it('leaves an attempt at a swallowing address to the timeout', async () => {
    const network = memoryNetwork();
    network.swallow(ADDRESS);
    const attempt = network
      .connect(ADDRESS, recorder(), { timeoutMs: 3000 })
      .catch((error: unknown) => error);
    network.clock.advance(2999);
    expect(network.clock.pendingCount).toBe(1);
    network.clock.advance(1);
    expect(await attempt).toMatchObject({ code: 'TIMED_OUT' });
  });

  it('gives up connecting when the signal says so, with its reason and no timer left', async () => {
    const network = memoryNetwork({ latencyMs: 1000 });
    network.listen(ADDRESS, () => {});
    const controller = new AbortController();
    const attempt = network.connect(ADDRESS, recorder(), { signal: controller.signal });
    controller.abort(new Error('stop'));
    await expect(attempt).rejects.toThrow('stop');
    expect(network.clock.pendingCount).toBe(0);
  });
});
