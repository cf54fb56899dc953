import type { Handshake } from '@millrace/peer-wire';
import { peerId } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { runMain } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

describe('millrace handshake', () => {
  it('prints the id the peer answers with, and offers no extension', async () => {
    const said: [address: unknown, handshake: Handshake][] = [];
    const peerWire = {
      probeHandshake: (address: unknown, handshake: Handshake): Promise<Handshake> => {
        said.push([address, handshake]);
        return Promise.resolve({ ...handshake, peerId: peerId(new Uint8Array(20).fill(0xab)) });
      },
    };
    const layers = { peerWire: () => Promise.resolve(peerWire) };
    const result = await runMain(['handshake', '-', '192.0.2.7:6881'], { stdin: sampleTorrent(), layers });
    expect(result).toEqual({ exitCode: 0, out: `Peer ID: ${'ab'.repeat(20)}\n`, err: '' });
    expect(said).toMatchObject([[{ host: '192.0.2.7', port: 6881 }, { reserved: new Uint8Array(8) }]]);
  });

  it('refuses what is no address', async () => {
    const { exitCode, err } = await runMain(['handshake', '-', 'nowhere']);
    expect(exitCode).toBe(28);
    expect(err).toContain('Cannot use "nowhere" as a peer: it must be an address such as 192.0.2.7:6881');
  });
});
