import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { LOCAL_GROUPS } from '../announce.ts';

const [IPV4] = LOCAL_GROUPS;

export interface Neighbour extends Disposable {
  readonly socket: Socket;
}

/** Someone on this machine who speaks to the IPv4 group, and hears it; nothing leaves the machine. */
export async function neighbour(onDatagram?: (datagram: Uint8Array) => void): Promise<Neighbour> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  if (onDatagram === undefined) socket.bind({ address: '127.0.0.1', port: 0 });
  else socket.bind({ address: IPV4.address, port: IPV4.port });
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  socket.setMulticastTTL(1);
  if (onDatagram !== undefined) {
    socket.addMembership(IPV4.address, '127.0.0.1');
    socket.on('message', onDatagram);
  }
  return { socket, [Symbol.dispose]: () => void socket.close() };
}

/** Sends datagrams to the group, one after another. */
export async function say({ socket }: Neighbour, ...datagrams: readonly Uint8Array[]): Promise<void> {
  for (const datagram of datagrams) {
    await new Promise<void>((resolve, reject) => {
      socket.send(datagram, IPV4.port, IPV4.address, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}
