/** A peer that a magnet link names (`x.pe`). */
export interface MagnetPeer {
  /** The address as text: `192.0.2.7:6881`, `[2001:db8::7]:6881`, `peer.example:6881`. */
  readonly text: string;
  /** A DNS name in lower case, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Reads `host:port`, `[v6]:port`, or returns `undefined`. */
export function parseMagnetPeer(text: string): MagnetPeer | undefined {
  // A DNS name has at most 253 characters; brackets, colon and port are 8 more.
  const match = text.length > 261 ? null : /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = (match[1] ?? match[2] ?? '').toLowerCase();
  const port = Number(match[3]);
  if (host.includes(':') !== (match[1] !== undefined) || !isMagnetPeer({ host, port })) return undefined;
  return { text: formatMagnetPeer({ host, port }), host, port };
}

/** Writes an address as `parseMagnetPeer` reads it. */
export function formatMagnetPeer({ host, port }: Pick<MagnetPeer, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Tells whether an address can stand in a link; whether anyone is there, and may be asked, is not looked at. */
export function isMagnetPeer({ host, port }: Pick<MagnetPeer, 'host' | 'port'>): boolean {
  const isHost = host.includes(':')
    ? /^[\da-f:]{2,39}(?:\.\d{1,3}){0,3}$/i.test(host) && host.indexOf(':') !== host.lastIndexOf(':')
    : /^[a-z\d_](?:[a-z\d._-]{0,251}[a-z\d_])?$/i.test(host);
  return isHost && Number.isInteger(port) && port >= 1 && port <= 65_535;
}
