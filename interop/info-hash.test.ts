import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { KIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

const PAYLOAD = { name: 'hashed — ハッシュ', files: { one: 1, 'two/odd.bin': 99_999, 'two/ünï': 12 } };

describe.concurrent(`${client.name} finds the info hash that transmission-show finds`, () => {
  it.for(['mktorrent', 'transmission-create'] as const)('of a torrent by %s', async (maker, context) => {
    const { expect } = context;
    requirePrograms(context, []);
    await using swarm = await Swarm.open(context, { payload: PAYLOAD, pieceLength: 32 * KIB, maker });
    expect(await client.infoHash(swarm.torrent)).toBe(swarm.infoHash);
  });
});
