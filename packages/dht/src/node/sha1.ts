// Not an `import`, which reads all that the module has: that alone loads Web Crypto, at each start.
const { hash } = process.getBuiltinModule('node:crypto');

/** SHA-1 by OpenSSL, in one call: the `node` branch of `#sha1`. */
export function digestSha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha1', bytes, 'buffer')); // a copy: neither a Buffer nor its pool leaves
}
