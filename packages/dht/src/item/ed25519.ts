import { PUBLIC_KEY_LENGTH } from './signing.ts';

/** Tells whether a signature of 64 bytes is that of `message` by the owner of a public key of 32. Never rejects. */
export type Verify = (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) => Promise<boolean>;

/** A key that signs what its owner stores. */
export interface SigningKey {
  /** 32 bytes, ed25519. */
  readonly publicKey: Uint8Array;
  /** Returns a signature of 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const ALGORITHM = 'Ed25519';
const SEED_LENGTH = 32;
/** What PKCS #8 puts before the 32 bytes of a private key. {@link https://www.rfc-editor.org/rfc/rfc8410#section-7 | RFC 8410} */
const PKCS8_HEAD: Uint8Array = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);

/** Verifies by Web Crypto, which has ed25519 in Node and in current browsers. */
export const verifyByWebCrypto: Verify = async (publicKey, signature, message) => {
  try {
    const { subtle } = globalThis.crypto;
    const key = await subtle.importKey('raw', new Uint8Array(publicKey), ALGORITHM, false, ['verify']);
    return await subtle.verify(ALGORITHM, key, new Uint8Array(signature), new Uint8Array(message));
  } catch {
    return false; // 32 bytes that are no point of the curve, and the like
  }
};

/**
 * Makes a signing key from its seed of 32 bytes, which is all there is to keep of it.
 *
 * @throws {RangeError} if the seed is not 32 bytes long.
 */
export async function signingKey(seed: Uint8Array): Promise<SigningKey> {
  if (seed.length !== SEED_LENGTH) {
    throw new RangeError(`Cannot make a key of ${seed.length} bytes: it must be ${SEED_LENGTH}`);
  }
  const { subtle } = globalThis.crypto;
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...seed]);
  const key = await subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']);
  const { x = '' } = await subtle.exportKey('jwk', key);
  return {
    publicKey: fromBase64Url(x),
    sign: async (message) => new Uint8Array(await subtle.sign(ALGORITHM, key, new Uint8Array(message))),
  };
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from({ length: PUBLIC_KEY_LENGTH }, (_, at) => binary.charCodeAt(at));
}
