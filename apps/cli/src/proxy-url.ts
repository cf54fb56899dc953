const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'socks5:', 'socks5h:']);

/** Tells whether a text is the URL of a proxy. */
export function isProxyUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && PROTOCOLS.has(url.protocol) && url.hostname !== '';
}
