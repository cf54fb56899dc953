/** Returns `text`, of units 0 to 255, as bytes: what most cases are written in. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Returns bytes as text of units 0 to 255. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
