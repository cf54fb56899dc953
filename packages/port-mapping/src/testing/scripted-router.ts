import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRouterOptions {
  /** @defaultValue 1 */
  readonly version?: 1 | 2;
  /** Answers an order: `undefined` is success, a number a fault. */
  readonly onOrder?: (action: string, body: string) => number | undefined;
  /** Where it says that it describes itself. @defaultValue at its own server */
  readonly location?: (own: string) => string;
  /** The description. @defaultValue one with a service that maps ports */
  readonly description?: string;
}

/** A UPnP router on loopback: search, description and orders. Nothing leaves the machine. */
export async function startRouter(options: ScriptedRouterOptions = {}): Promise<AsyncDisposable> {
  const { version = 1, onOrder, location = (own) => own } = options;
  const service = `urn:schemas-upnp-org:service:WANIPConnection:${version}`;
  const description = options.description ?? describe(service);
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const action = /#(\w+)/.exec(String(request.headers['soapaction'] ?? ''))?.[1];
      const fault = action === undefined ? undefined : onOrder?.(action, body);
      const detail = `<s:Fault><detail><UPnPError><errorCode>${fault}</errorCode></UPnPError></detail></s:Fault>`;
      response.writeHead(fault === undefined ? 200 : 500, { 'content-type': 'text/xml' });
      response.end(action === undefined ? description : detail);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rootDesc.xml`;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (message, from) => {
    const target = /^ST: (.*:InternetGatewayDevice:(\d))$/m.exec(
      message.toString('latin1').replaceAll('\r', ''),
    );
    // A device answers who searches for its version or an earlier one.
    if (target === null || Number(target[2]) > version) return;
    const lines = ['HTTP/1.1 200 OK', `ST: ${target[1]}`, `LOCATION: ${location(own)}`, '', ''];
    socket.send(lines.join('\r\n'), from.port, from.address);
  });
  socket.bind({ address: '239.255.255.250', port: 1900 });
  await once(socket, 'listening');
  socket.addMembership('239.255.255.250', '127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function describe(service: string): string {
  const other = '<service><serviceType>urn:x:1</serviceType><controlURL>/x</controlURL></service>';
  const control = `<service>\n <serviceType>${service}</serviceType>\n <controlURL>/control</controlURL></service>`;
  return `<?xml version="1.0"?><root><device><serviceList>${other}${control}</serviceList></device></root>`;
}
