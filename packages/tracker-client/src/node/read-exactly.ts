import type { Socket } from 'node:net';

/**
 * Reads some bytes and none after them; nobody else may read meanwhile.
 *
 * @throws {Error} if the connection ends before.
 */
export async function readExactly(socket: Socket, length: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const attempt = (): void => {
    const bytes: unknown = socket.read(length);
    if (bytes instanceof Uint8Array && bytes.length === length) resolve(bytes);
    else if (bytes !== null || socket.readableEnded || socket.destroyed)
      reject(socket.errored ?? new Error('closed'));
  };
  const events = ['readable', 'end', 'close'] as const;
  for (const event of events) socket.on(event, attempt);
  attempt();
  try {
    return await promise;
  } finally {
    for (const event of events) socket.off(event, attempt);
  }
}
