import { infoHash, peerId, type InfoHash, type PeerId } from '@millrace/metainfo';
import { PeerWireError } from './error.ts';

/** Bytes in a handshake. {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, peer protocol} */
export const HANDSHAKE_LENGTH = 68;
/** Up to the end of the info hash. */
const OPENING_LENGTH = 48;
const RESERVED_LENGTH = 8;
/** The protocol's name with its length before it: what every handshake begins with. */
const PREAMBLE: Uint8Array = Uint8Array.from('\u0013BitTorrent protocol', (unit) => unit.charCodeAt(0));

/** The opening of a connection, the same from both sides. */
export interface Handshake {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  /** 8 bytes of capability bits; all zero when nothing beyond BEP 3 is offered. */
  readonly reserved: Uint8Array;
}

/** A capability: the byte of `reserved` and the bit in it. */
export interface ReservedBit {
  readonly byte: number;
  readonly mask: number;
}

/** Capabilities that have a reserved bit. */
export const RESERVED_BIT: Readonly<Record<'extensionProtocol' | 'fastExtension' | 'dht', ReservedBit>> = {
  /** {@link https://www.bittorrent.org/beps/bep_0010.html | BEP 10} */
  extensionProtocol: { byte: 5, mask: 0x10 },
  /** {@link https://www.bittorrent.org/beps/bep_0006.html | BEP 6} */
  fastExtension: { byte: 7, mask: 0x04 },
  /** {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5} */
  dht: { byte: 7, mask: 0x01 },
};

/** Returns 8 new reserved bytes with the given bits set. */
export function reservedBytes(...bits: readonly ReservedBit[]): Uint8Array<ArrayBuffer> {
  const reserved = new Uint8Array(RESERVED_LENGTH);
  for (const { byte, mask } of bits) reserved[byte] = (reserved[byte] ?? 0) | mask;
  return reserved;
}

/** Tells whether a handshake's reserved bytes offer a capability. */
export function hasReservedBit(reserved: Uint8Array, bit: ReservedBit): boolean {
  return ((reserved[bit.byte] ?? 0) & bit.mask) !== 0;
}

/**
 * Encodes a handshake: 68 bytes.
 *
 * ```text
 *  0 19, 'BitTorrent protocol' 20   28 info hash 20
 * 20 reserved                   8   48 peer id   20
 * ```
 *
 * @returns A new array; the caller owns it.
 * @throws {RangeError} if `reserved` is not 8 bytes long.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, peer protocol}
 */
export function encodeHandshake(handshake: Handshake): Uint8Array<ArrayBuffer> {
  if (handshake.reserved.length !== RESERVED_LENGTH) {
    throw new RangeError(
      `Cannot use ${handshake.reserved.length} reserved bytes: they must be ${RESERVED_LENGTH}`,
    );
  }
  const bytes = new Uint8Array(HANDSHAKE_LENGTH);
  bytes.set(PREAMBLE, 0);
  bytes.set(handshake.reserved, 20);
  bytes.set(handshake.infoHash, 28);
  bytes.set(handshake.peerId, 48);
  return bytes;
}

/**
 * Decodes a handshake; everything in it is a copy.
 *
 * @throws {RangeError} if `bytes` is not 68 bytes long.
 * @throws {PeerWireError} `NOT_BITTORRENT` if it does not begin with the protocol's name.
 */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (bytes.length !== HANDSHAKE_LENGTH) {
    throw new RangeError(
      `Cannot decode ${bytes.length} bytes as a handshake: it must be ${HANDSHAKE_LENGTH}`,
    );
  }
  checkPreamble(bytes);
  return {
    reserved: new Uint8Array(bytes.subarray(20, 28)),
    infoHash: infoHash(new Uint8Array(bytes.subarray(28, 48))),
    peerId: peerId(new Uint8Array(bytes.subarray(48, 68))),
  };
}

/** Collects a handshake from a stream cut anywhere; a wrong first byte is refused before the rest comes. */
export class HandshakeDecoder {
  readonly #bytes = new Uint8Array(HANDSHAKE_LENGTH);
  #length = 0;

  /**
   * Takes what `chunk` has of the handshake.
   *
   * @returns How many bytes of `chunk` were taken.
   * @throws {PeerWireError} `NOT_BITTORRENT`
   */
  push(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, HANDSHAKE_LENGTH - this.#length);
    this.#bytes.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    checkPreamble(this.#bytes.subarray(0, this.#length));
    return taken;
  }

  /** Returns the handshake once it is complete. */
  take(): Handshake | undefined {
    return this.#length === HANDSHAKE_LENGTH ? decodeHandshake(this.#bytes) : undefined;
  }
}

/**
 * Reads which torrent an incoming connection is for: whoever connects says it first, and waits for our handshake before
 * its peer id is sure to follow. Everything is kept, for the session that takes over.
 */
export class HandshakeOpening {
  readonly #bytes = new Uint8Array(OPENING_LENGTH);
  #length = 0;

  /** What came so far: a view. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The torrent's, once it is known; a copy. */
  get infoHash(): InfoHash | undefined {
    return this.#length === OPENING_LENGTH ? infoHash(this.#bytes.slice(28)) : undefined;
  }

  /**
   * Takes what `chunk` has of the opening.
   *
   * @returns How many bytes of `chunk` were taken.
   * @throws {PeerWireError} `NOT_BITTORRENT`
   */
  push(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, OPENING_LENGTH - this.#length);
    this.#bytes.set(chunk.subarray(0, taken), this.#length);
    this.#length += taken;
    checkPreamble(this.bytes);
    return taken;
  }
}

function checkPreamble(bytes: Uint8Array): void {
  const length = Math.min(bytes.length, PREAMBLE.length);
  for (let at = 0; at < length; at += 1) {
    if (bytes[at] !== PREAMBLE[at]) throw new PeerWireError({ code: 'NOT_BITTORRENT' });
  }
}
