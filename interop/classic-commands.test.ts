import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { runMillrace } from './src/millrace.ts';
import { KIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { Swarm } from './src/swarm.ts';

const PIECE_LENGTH = 32 * KIB;
const ONE_FILE = { payload: { name: 'classic.bin', files: 3 * PIECE_LENGTH + 5 }, pieceLength: PIECE_LENGTH };
const SEEDERS: readonly SeederKind[] = ['aria2', 'libtorrent', 'transmission'];

describe.concurrent('millrace magnet_parse', () => {
  it('prints the tracker and the info hash', async (context) => {
    const { expect } = context;
    requirePrograms(context, []);
    const hash = '0f'.repeat(20);
    const link = `magnet:?xt=urn:btih:${hash}&dn=a&tr=http%3A%2F%2Ftracker.example%2Fannounce`;
    const { code, out } = await runMillrace(['magnet_parse', link]);
    expect({ code, out }).toEqual({
      code: 0,
      out: ['Tracker URL: http://tracker.example/announce', `Info Hash: ${hash}`],
    });
  });
});

describe.concurrent.for(SEEDERS)('beside %s, millrace', (kind) => {
  it('magnet_handshake prints the peer’s id and its number for the metadata extension', async (context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const { port } = await swarm.addSeeder(kind);
    const link = swarm.magnet([['x.pe', `127.0.0.1:${port}`]]);
    const { code, out } = await runMillrace(['magnet_handshake', link]);
    expect(code).toBe(0);
    expect(out).toEqual([
      expect.stringMatching(/^Peer ID: [0-9a-f]{40}$/u),
      expect.stringMatching(/^Peer Metadata Extension ID: [1-9]\d*$/u),
    ]);
  });

  it('magnet_info, magnet_download_piece and magnet_download do what they say', async (context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.addSeeder(kind);
    const tracker = swarm.tracker.announceUrl;
    const link = swarm.magnet([['tr', tracker]]);

    const info = await runMillrace(['magnet_info', link]);
    expect(info.code).toBe(0);
    expect(info.out.slice(0, 5)).toEqual([
      `Tracker URL: ${tracker}`,
      `Length: ${3 * PIECE_LENGTH + 5}`,
      `Info Hash: ${swarm.infoHash}`,
      `Piece Length: ${PIECE_LENGTH}`,
      'Piece Hashes:',
    ]);

    const payload = await readFile(swarm.payload);
    const piece = join(swarm.folder, 'piece');
    expect((await runMillrace(['magnet_download_piece', '-o', piece, link, '3'])).code).toBe(0);
    expect(await readFile(piece)).toEqual(payload.subarray(3 * PIECE_LENGTH));

    const whole = join(swarm.folder, 'whole');
    expect((await runMillrace(['magnet_download', '-o', whole, link])).code).toBe(0);
    expect(await readFile(whole)).toEqual(payload);
  });
});
