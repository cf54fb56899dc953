import type { Context } from '../context.ts';
import { toHex } from '../hex.ts';
import { localPeerId } from '../local-peer-id.ts';
import { parsePeer } from '../parse-peer.ts';
import { infoHashOf, readSource } from '../source.ts';

const NO_EXTENSIONS = 8;

/** Shakes hands with one peer and prints the peer id it answers with. The probe offers no extension. */
export async function handshakeCommand(torrent: string, peer: string, context: Context): Promise<void> {
  const address = parsePeer(peer);
  const infoHash = infoHashOf(await readSource(torrent, context));
  const { probeHandshake } = await context.layers.peerWire();
  const handshake = { infoHash, peerId: localPeerId(), reserved: new Uint8Array(NO_EXTENSIONS) };
  const remote = await probeHandshake(address, handshake, { signal: context.signal });
  context.out.line(`Peer ID: ${toHex(remote.peerId)}`);
}
