import { sha1 } from '@noble/hashes/legacy.js';

/** A SHA-1 that is fed piece by piece; `digest` ends it. */
export interface Sha1Stream {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array<ArrayBuffer>;
}

/** SHA-1 where there is no `node:crypto`: the `default` branch of `#sha1`. */
export function digestSha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha1(bytes);
}

export function openSha1(): Sha1Stream {
  const hash = sha1.create();
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
}
