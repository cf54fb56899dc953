import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** What a gateway was sent, and how to stop it. */
export interface ScriptedGateway extends Disposable {
  readonly port: number;
  /** Each packet, in order; live. */
  readonly packets: readonly Uint8Array[];
}

/** A gateway on loopback that answers as `answer` says; `undefined` is silence. */
export async function startGateway(
  answer: (packet: DataView<ArrayBuffer>) => Uint8Array | undefined,
): Promise<ScriptedGateway> {
  const packets: Uint8Array[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const packet = Uint8Array.from(message);
    packets.push(packet);
    const reply = answer(new DataView(packet.buffer));
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  return { port: socket.address().port, packets, [Symbol.dispose]: () => void socket.close() };
}

/** Answers NAT-PMP as a router does that gives `externalPort`. */
export function natPmpAnswer(packet: DataView, externalPort: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint8(1, packet.getUint8(1) + 128);
  view.setUint16(8, packet.getUint16(4));
  view.setUint16(10, externalPort);
  view.setUint32(12, packet.getUint32(8));
  return new Uint8Array(view.buffer);
}

/** Answers PCP as a router does that gives `externalPort`, and other versions with what it speaks. */
export function pcpAnswer(packet: DataView<ArrayBuffer>, externalPort: number): Uint8Array {
  if (packet.getUint8(0) !== 2) return Uint8Array.of(2, 129, 0, 1);
  const bytes = new Uint8Array(packet.buffer.slice(0));
  const view = new DataView(bytes.buffer);
  view.setUint8(1, 129);
  view.setUint32(8, 1);
  view.setUint16(42, externalPort);
  return bytes;
}
