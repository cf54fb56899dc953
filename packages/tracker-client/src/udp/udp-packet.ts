/** What a packet asks for or answers. {@link https://www.bittorrent.org/beps/bep_0015.html | BEP 15} */
export const UDP_ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

export type UdpQuestion = 'connect' | 'announce' | 'scrape';

/** Begins every request to connect: what tells this protocol from others. */
export const UDP_PROTOCOL_ID = 0x417_2710_1980n;

/** Bytes of action and transaction id, which every answer begins with. */
export const UDP_HEADER_LENGTH = 8;

/** Most torrents of one scrape. */
export const MAX_UDP_SCRAPE = 74;

/** Tells who a packet answers; `undefined` if it is too short to say. */
export function udpTransactionId(packet: Uint8Array): number | undefined {
  return packet.length < UDP_HEADER_LENGTH ? undefined : viewOf(packet).getUint32(4);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
