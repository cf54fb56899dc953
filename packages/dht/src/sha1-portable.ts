import { sha1 } from '@noble/hashes/legacy.js';

/** SHA-1 where there is no `node:crypto`: the `default` branch of `#sha1`. */
export function digestSha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha1(bytes);
}
