import type { TcpAddress } from '@millrace/peer-wire/node';
import { ScriptedPeer, type ScriptedPeerOptions } from '../peer/scripted-peer.ts';
import type { MemoryNetwork } from './memory-network.ts';
import type { Link } from './pipe.ts';

/** Puts a scripted peer at an address of a network in memory, in that network's time; what `startSeeder` is for TCP. */
export function placePeer(
  network: MemoryNetwork,
  address: TcpAddress,
  options: Omit<ScriptedPeerOptions, 'clock'>,
  link?: Link,
): ScriptedPeer {
  // Two peers of one test must not have the same id.
  const seed = new TextEncoder()
    .encode(address.host)
    .reduce((sum, byte) => Math.imul(sum, 31) + byte, address.port);
  const peer = new ScriptedPeer({ seed, ...options, clock: network.clock });
  const listener = network.listen(address, peer.accept, link);
  peer.onDeath(() => listener.close());
  return peer;
}
