/** Joins 32-bit numbers and bytes to a packet of a UDP tracker. */
export function udpPacket(...parts: readonly (number | Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts.map(bytesOf)));
}

/** What a tracker answers with to a connect: the id is the number in its last 32 bits. */
export function connectAnswer(transactionId: number, id: number): Uint8Array<ArrayBuffer> {
  return udpPacket(0, transactionId, 0, id);
}

/** An announce answered: again in 900 s, 2 leechers, 3 seeders, and the peer 192.0.2.7:6881. */
export function announceAnswer(
  transactionId: number,
  peers: Uint8Array = Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1),
): Uint8Array<ArrayBuffer> {
  return udpPacket(1, transactionId, 900, 2, 3, peers);
}

function bytesOf(part: number | Uint8Array | string): Uint8Array {
  if (typeof part === 'string') return new TextEncoder().encode(part);
  if (typeof part !== 'number') return part;
  return Uint8Array.of(part >>> 24, part >>> 16, part >>> 8, part);
}
