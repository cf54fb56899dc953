import { PortMappingError } from './error.ts';
import type { MappingRequest } from './mapping.ts';

/** Devices that are searched for: routers of the first version and of the second, which answer to either. */
export const SEARCH_TARGETS: readonly string[] = [
  'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
];

/** Services that map ports, the best first. */
const SERVICES: readonly string[] = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
];

/** Where a router takes orders. */
export interface ControlPoint {
  readonly url: URL;
  readonly service: string;
}

/** Writes a search for one kind of device. {@link https://openconnectivity.org/upnp-specs/UPnP-arch-DeviceArchitecture-v1.1.pdf | UPnP 1.1, section 1.3} */
export function encodeSearch(target: string): Uint8Array<ArrayBuffer> {
  const lines = [
    'M-SEARCH * HTTP/1.1',
    'HOST: 239.255.255.250:1900',
    'MAN: "ssdp:discover"',
    'MX: 1',
    `ST: ${target}`,
  ];
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`);
}

/**
 * Reads where a device that answered a search describes itself.
 *
 * @param host - Where the answer came from: a description elsewhere is not believed.
 * @throws {PortMappingError} `MALFORMED`
 */
export function decodeSearchAnswer(datagram: Uint8Array, host: string): URL {
  const text = new TextDecoder().decode(datagram.subarray(0, 2_048));
  const [, location = ''] = /^location:[ \t]*(\S+)[ \t]*$/im.exec(text.replaceAll('\r', '')) ?? [];
  if (!text.startsWith('HTTP/1.1 200') || !URL.canParse(location)) throw malformed('no description');
  const url = new URL(location);
  if (url.protocol !== 'http:' || url.hostname !== host) throw malformed('a description at another host');
  return url;
}

/** Finds where ports are mapped in a device's description, which came from `base`. @throws {PortMappingError} `MALFORMED` */
export function findControlPoint(description: string, base: URL): ControlPoint {
  const services = description.split('<service>').slice(1);
  const found = services.map((text) => ({
    type: textOf(text, 'serviceType'),
    path: textOf(text, 'controlURL'),
  }));
  for (const service of SERVICES) {
    const path = found.find(({ type }) => type === service)?.path;
    if (path === undefined || !URL.canParse(path, base)) continue;
    const url = new URL(path, base);
    if (url.protocol === 'http:' && url.hostname === base.hostname) return { url, service };
  }
  throw malformed('without a service that maps ports');
}

/** Writes the order to map a port to `client`, or to give it back. */
export function encodeOrder(
  { service }: ControlPoint,
  { transport, internalPort, externalPort, lifetimeSeconds }: MappingRequest,
  client: string,
): { readonly action: string; readonly body: string } {
  const which = [
    ['NewRemoteHost', ''],
    ['NewExternalPort', externalPort],
    ['NewProtocol', transport.toUpperCase()],
  ] as const;
  const what = [
    ['NewInternalPort', internalPort],
    ['NewInternalClient', client],
    ['NewEnabled', 1],
    ['NewPortMappingDescription', 'millrace'],
    ['NewLeaseDuration', lifetimeSeconds],
  ] as const;
  const name = lifetimeSeconds === 0 ? 'DeletePortMapping' : 'AddPortMapping';
  const fields = lifetimeSeconds === 0 ? which : [...which, ...what];
  const values = fields.map(([key, value]) => `<${key}>${value}</${key}>`).join('');
  const body =
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${name} xmlns:u="${service}">${values}</u:${name}></s:Body></s:Envelope>\r\n`;
  return { action: `"${service}#${name}"`, body };
}

/** Reads why an order was not followed. */
export function decodeFault(body: string): PortMappingError {
  const code = Number(textOf(body, 'errorCode') ?? Number.NaN);
  return Number.isInteger(code)
    ? new PortMappingError({ code: 'REFUSED', way: 'upnp', result: code })
    : malformed('no success, and no fault either');
}

/** Returns the text of the first element of this name; the few that are read here have no others within. */
function textOf(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.indexOf(`</${name}>`, start);
  return start === -1 || end === -1 ? undefined : xml.slice(start + name.length + 2, end).trim();
}

function malformed(reason: string): PortMappingError {
  return new PortMappingError({ code: 'MALFORMED', way: 'upnp', reason });
}
