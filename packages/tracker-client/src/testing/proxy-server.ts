import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { readExactly } from '../node/read-exactly.ts';

/** A proxy on loopback that connects whatever it is asked for to one place. */
export interface ProxyServer extends AsyncDisposable {
  /** Host and port. */
  readonly name: string;
  /** What was asked of it, in order: `name:port`, and for HTTP whole heads. */
  readonly asked: readonly string[];
}

/** Bytes of one client, as many at a time as are wanted. */
type Read = (length: number) => Promise<Buffer>;

/** Starts a proxy that does with each client as told; `to` connects the client with a port of this machine. */
export async function startProxy(
  serve: (client: Socket, read: Read, asked: string[], to: (port: number) => void) => Promise<void>,
): Promise<ProxyServer> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    const to = (port: number): void => {
      const target = connect(port, '127.0.0.1');
      sockets.add(target);
      target.on('error', () => client.destroy());
      target.pipe(client).pipe(target);
    };
    const read: Read = async (length) => Buffer.from(await readExactly(client, length));
    serve(client, read, asked, to).catch(() => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    name: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface SocksBehaviour {
  /** Where every name leads, a port of this machine. */
  readonly port: number;
  /** `user:password`, if it wants to know. */
  readonly password?: string;
  readonly reply?: number;
}

/** Starts a SOCKS5 proxy. */
export function startSocks({ port, password, reply = 0 }: SocksBehaviour): Promise<ProxyServer> {
  return startProxy(async (client, read, asked, to) => {
    const [, methodCount = 0] = await read(2);
    const methods = await read(methodCount);
    const method = password === undefined ? 0 : methods.includes(2) ? 2 : 0xff;
    client.write(Uint8Array.of(5, method));
    if (method === 2) {
      const user = await read((await read(2))[1] ?? 0);
      const secret = await read((await read(1))[0] ?? 0);
      client.write(Uint8Array.of(1, `${String(user)}:${String(secret)}` === password ? 0 : 1));
    }
    const [, , , type] = await read(4);
    const address =
      type === 3 ? String(await read((await read(1))[0] ?? 0)) : (await read(type === 1 ? 4 : 16)).join('.');
    asked.push(`${address}:${(await read(2)).readUInt16BE()}`);
    client.write(Uint8Array.of(5, reply, 0, 3, 2, 0x61, 0x62, 0, 1));
    if (reply === 0) to(port);
  });
}

/** Starts an HTTP proxy that answers CONNECT with `status`, and passes other requests on as they are. */
export function startHttpProxy(port: number, status = 200): Promise<ProxyServer> {
  return startProxy(async (client, read, asked, to) => {
    let head = '';
    while (!head.endsWith('\r\n\r\n')) head += String(await read(1));
    asked.push(head);
    if (status !== 200 || head.startsWith('CONNECT')) client.write(`HTTP/1.1 ${status} So\r\nx: y\r\n\r\n`);
    if (status !== 200) client.end();
    else if (!head.startsWith('CONNECT')) client.unshift(Buffer.from(head));
    if (status === 200) to(port);
  });
}
