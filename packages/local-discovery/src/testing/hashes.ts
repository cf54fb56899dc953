import { infoHash, type InfoHash } from '@millrace/metainfo';

/** An info hash that is not another's: 20 bytes of `seed`. */
export function hashOf(seed: number): InfoHash {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, seed);
  return infoHash(bytes.fill(seed & 0xff, 4));
}

/** Text as ASCII bytes. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
