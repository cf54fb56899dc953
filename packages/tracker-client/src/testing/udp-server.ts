import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { viewOf } from '../udp/udp-packet.ts';
import { announceAnswer, connectAnswer } from './udp-packets.ts';

/** A packet as a tracker sees it. */
export interface UdpRequest {
  readonly packet: Uint8Array;
  readonly action: number;
  readonly connectionId: bigint;
  readonly transactionId: number;
  readonly fromAddress: string;
  readonly fromPort: number;
}

/** Something that listens on loopback in a UDP tracker's place. */
export interface UdpServer extends AsyncDisposable {
  /** Its announce URL. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly UdpRequest[];
  /** Names what was asked, in order: `connect announce`. */
  readonly asked: string;
}

export interface UdpServerOptions {
  readonly host?: '127.0.0.1' | '127.0.0.2' | '::1';
  readonly port?: number;
}

/** Answers as it should, with the peer 192.0.2.7:6881. */
export function honest({ action, transactionId }: UdpRequest, reply: (packet: Uint8Array) => void): void {
  reply(action === 0 ? connectAnswer(transactionId, 7) : announceAnswer(transactionId));
}

/** Starts a server that does with each packet what UDP allows or not. */
export async function startUdp(
  respond: (request: UdpRequest, reply: (packet: Uint8Array) => void) => void,
  { host = '127.0.0.1', port: wanted = 0 }: UdpServerOptions = {},
): Promise<UdpServer> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  const requests: UdpRequest[] = [];
  socket.on('error', () => {});
  socket.on('message', (packet, { address, port }) => {
    const view = viewOf(packet);
    const request = {
      packet,
      connectionId: view.getBigUint64(0),
      action: view.getUint32(8),
      transactionId: view.getUint32(12),
      fromAddress: address,
      fromPort: port,
    };
    requests.push(request);
    respond(request, (answer) => socket.send(answer, port, address));
  });
  socket.bind(wanted, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    url: `udp://${host === '::1' ? '[::1]' : host}:${port}/announce`,
    port,
    requests,
    get asked() {
      return requests.map(({ action }) => ['connect', 'announce', 'scrape'][action] ?? 'junk').join(' ');
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
