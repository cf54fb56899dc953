import type { Brand } from './brand.ts';
import { quote } from './quote.ts';

/** The 20 bytes a client calls itself by, to trackers and to peers. */
export type PeerId = Brand<Uint8Array, 'PeerId'>;

const PEER_ID_LENGTH = 20;
const CLIENT_CODE = 'MR';

/**
 * Checks that `bytes` can be a peer id.
 *
 * @returns A copy, so it stays right when the buffer it was read from is used again.
 * @throws {RangeError} if `bytes` is not 20 bytes long.
 */
export function peerId(bytes: Uint8Array): PeerId {
  const copy = new Uint8Array(bytes);
  if (!isPeerId(copy)) {
    throw new RangeError(`Cannot use ${bytes.length} bytes as a peer id: it must be ${PEER_ID_LENGTH}`);
  }
  return copy;
}

/**
 * Makes a new peer id in the Azureus style: `-MR`, four characters of version, `-`, then twelve random bytes.
 *
 * @param version - Up to four numbers of 0 to 35 joined by dots, each written as one character: `0.1.0` gives `0100`.
 * @throws {RangeError} if `version` is anything else, or `randomBytes` does not give 12 bytes.
 * @see {@link https://www.bittorrent.org/beps/bep_0020.html | BEP 20, peer id conventions}
 */
export function createPeerId(randomBytes: (length: number) => Uint8Array, version: string): PeerId {
  const head = `-${CLIENT_CODE}${versionCode(version)}-`;
  const tail = randomBytes(PEER_ID_LENGTH - head.length);
  if (tail.length !== PEER_ID_LENGTH - head.length) {
    throw new RangeError(`Cannot make a peer id: ${tail.length} random bytes given, expected 12`);
  }
  const bytes = new Uint8Array(PEER_ID_LENGTH);
  for (let index = 0; index < head.length; index += 1) bytes[index] = head.charCodeAt(index);
  bytes.set(tail, head.length);
  return peerId(bytes);
}

function isPeerId(bytes: Uint8Array): bytes is PeerId {
  return bytes.length === PEER_ID_LENGTH;
}

function versionCode(version: string): string {
  const parts = version.split('.');
  const isValid = parts.length <= 4 && parts.every((part) => /^\d{1,2}$/.test(part) && Number(part) < 36);
  if (!isValid) {
    throw new RangeError(
      `Cannot make a peer id for version ${quote(version)}: it must be up to four numbers of 0 to 35`,
    );
  }
  return parts
    .map((part) => Number(part).toString(36).toUpperCase())
    .join('')
    .padEnd(4, '0');
}
