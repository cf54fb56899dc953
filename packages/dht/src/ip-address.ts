/** Reads an IPv4 or IPv6 address, without brackets or zone. @returns 4 or 16 bytes, `undefined` if it is none. */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Writes 4 or 16 bytes as an address: dotted, or in the one short form of RFC 5952. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  let text = '';
  for (let at = 0; at < 16; at += 2) {
    text += `${at === 0 ? '' : ':'}${(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)}`;
  }
  return shortIpv6(text);
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(4);
  let at = 0;
  let value = -1;
  for (let index = 0; index <= text.length; index += 1) {
    const unit = index === text.length ? 0x2e : text.charCodeAt(index);
    if (unit === 0x2e) {
      if (value < 0 || at === 4) return undefined;
      bytes[at] = value;
      at += 1;
      value = -1;
    } else {
      const digit = unit - 0x30;
      // Neither a leading zero nor a number past 255: resolvers do not agree on what those mean.
      if (digit < 0 || digit > 9 || value === 0) return undefined;
      value = value < 0 ? digit : value * 10 + digit;
      if (value > 255) return undefined;
    }
  }
  return at === 4 ? bytes : undefined;
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length > 45 || !/^[\da-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  const [head = '', tail = ''] = shortIpv6(text).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail);
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

/** The form that URLs give to the host, which is that of RFC 5952: no platform is without a reader of it. */
function shortIpv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
