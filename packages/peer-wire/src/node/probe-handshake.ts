import type { ByteStreamHandler } from '../byte-stream.ts';
import { PeerWireError } from '../error.ts';
import { HandshakeDecoder, encodeHandshake, type Handshake } from '../handshake.ts';
import { MAX_TIMER_MS, connectTcp, type ConnectOptions, type TcpAddress } from './tcp.ts';

/**
 * Shakes hands with a peer and hangs up.
 *
 * @param handshake what we say; a probe that offers nothing leaves `reserved` zero.
 * @returns What the peer said.
 * @throws {PeerWireError} `NOT_CONNECTED`, `TIMED_OUT`, `NOT_BITTORRENT`, `INFO_HASH_MISMATCH`, `CLOSED_BY_PEER`.
 */
export async function probeHandshake(
  address: TcpAddress,
  handshake: Handshake,
  options: ConnectOptions = {},
): Promise<Handshake> {
  const { timeoutMs = 10_000, signal } = options;
  const answer = Promise.withResolvers<Handshake>();
  // The connection may fail before anyone waits for the answer.
  answer.promise.catch(() => {});
  const decoder = new HandshakeDecoder();
  const handler: ByteStreamHandler = {
    onBytes(chunk) {
      decoder.push(chunk);
      const remote = decoder.take();
      if (remote === undefined) return;
      if (remote.infoHash.every((byte, at) => byte === handshake.infoHash[at])) answer.resolve(remote);
      else throw new PeerWireError({ code: 'INFO_HASH_MISMATCH' });
    },
    onDrained() {},
    onClose: (reason) =>
      answer.reject(
        PeerWireError.is(reason)
          ? reason
          : new PeerWireError({ code: 'CLOSED_BY_PEER', phase: 'handshaking' }, { cause: reason }),
      ),
  };
  const stream = await connectTcp(address, handler, options);
  const timeout = (): void =>
    answer.reject(new PeerWireError({ code: 'TIMED_OUT', phase: 'handshaking', idleMs: timeoutMs }));
  const timer = setTimeout(timeout, Math.min(timeoutMs, MAX_TIMER_MS));
  const onAbort = (): void => answer.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    stream.write([encodeHandshake(handshake)]);
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    stream.close();
  }
}
