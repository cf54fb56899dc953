import { encodeHandshake, type Handshake } from '@millrace/peer-wire';
import { peerId } from '@millrace/metainfo';
import { payload } from '../payload.ts';
import type { HandshakeBehaviour } from './behaviour.ts';

/** Encodes what a peer says first. `remote` is what it was told, if it waited for that. */
export function handshakeBytes(
  behaviour: HandshakeBehaviour,
  local: Handshake,
  remote: Handshake | undefined,
): Uint8Array {
  const bytes = encodeHandshake(local);
  switch (behaviour) {
    case 'honest':
    case 'first':
    case 'slow':
      return bytes;
    case 'silent':
      return new Uint8Array(0);
    case 'cut':
      return bytes.subarray(0, 34);
    case 'garbage':
      return payload(68, 68);
    case 'wrongProtocol':
      bytes.set(new TextEncoder().encode('BitTorrent protocoI'), 1);
      return bytes;
    case 'wrongInfoHash':
      bytes[47] = (bytes[47] ?? 0) ^ 0xff;
      return bytes;
    case 'echoPeerId':
      return encodeHandshake({ ...local, peerId: remote?.peerId ?? peerId(new Uint8Array(20)) });
  }
}
