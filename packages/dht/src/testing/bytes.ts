/** The bytes of hexadecimal digits, which may have spaces and line breaks between them. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(digits.replaceAll(/\s/gu, ''), 'hex'));
}

/** The bytes of a text of ASCII. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** The text of bytes, each a character. */
export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
