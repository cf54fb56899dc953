/** Reads an IPv4 address in dotted form: four decimal numbers without leading zeros. @returns 4 bytes. */
function parseIpv4(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split('.');
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return undefined;
  return Uint8Array.from(parts, Number);
}

/**
 * Reads an IPv6 address, without brackets or zone. The last four bytes may be in dotted form. @returns 16 bytes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4291#section-2.2 | RFC 4291, section 2.2}
 */
function parseIpv6(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const before = parseGroups(head, tail === undefined);
  const after = parseGroups(tail ?? '', true);
  if (before === undefined || after === undefined) return undefined;
  const lacking = 16 - before.length - after.length;
  // "::" stands for one group at least; without it nothing may be lacking.
  if (tail === undefined ? lacking !== 0 : lacking < 2) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return bytes;
}

/** Reads the groups on one side of `::` as bytes; only the last may be an IPv4 address. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const dotted = mayEndDotted && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (dotted !== undefined) {
      bytes.push(...dotted);
    } else if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

/** Reads an address of either family. @returns 4 or 16 bytes. */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Returns the IPv4 address that an IPv6 address of the form ::ffff:a.b.c.d stands for, as a view. */
export function mappedIpv4(bytes: Uint8Array): Uint8Array | undefined {
  const isMapped = bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0);
  return isMapped && bytes[10] === 0xff && bytes[11] === 0xff ? bytes.subarray(12) : undefined;
}

/**
 * Writes 4 or 16 bytes as an address: dotted, or in the one form RFC 5952 allows for IPv6. An IPv4 address within an
 * IPv6 one is written as IPv4, so that one peer has one name.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5952 | RFC 5952}
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const mapped = mappedIpv4(bytes);
  if (mapped !== undefined) return mapped.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const { start, length } = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
