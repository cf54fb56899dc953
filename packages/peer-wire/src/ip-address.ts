/** Reads an IPv4 or IPv6 address, without brackets or zone. @returns 4 or 16 bytes, `undefined` if it is none. */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Writes 4 or 16 bytes as an address in its one short form. An IPv4 address within an IPv6 one is written as IPv4, so
 * that one peer has one name.
 */
export function formatIp(bytes: Uint8Array): string {
  const ipv4 = asIpv4(bytes);
  if (ipv4 !== undefined) return ipv4.join('.');
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return shortIpv6(groups.join(':'));
}

/** Returns the 4 bytes of an IPv4 address, also of one within an IPv6 one; a view. */
export function asIpv4(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 4) return bytes;
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.subarray(12) : undefined;
}

function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const numbers = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text)
    ? text.split('.').map(Number)
    : [];
  return numbers.length === 4 && numbers.every((number) => number <= 255)
    ? Uint8Array.from(numbers)
    : undefined;
}

function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length > 45 || !/^[\da-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  const [head = '', tail] = shortIpv6(text).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const bytes = new Uint8Array(16);
  for (const [at, group] of before.entries()) putGroup(bytes, at, group);
  for (const [at, group] of after.entries()) putGroup(bytes, 8 - after.length + at, group);
  return bytes;
}

/** The form that URLs give to the host, which is that of RFC 5952: no platform is without a reader of it. */
function shortIpv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function putGroup(bytes: Uint8Array, at: number, group: number): void {
  bytes[2 * at] = group >>> 8;
  bytes[2 * at + 1] = group & 0xff;
}
