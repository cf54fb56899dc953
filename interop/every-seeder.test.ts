import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { KIB, MIB, type PayloadSpec } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { Swarm, type SwarmOptions } from './src/swarm.ts';

const MANY_FILES: PayloadSpec = {
  name: 'many files',
  files: {
    'a byte': 1,
    'another byte': 1,
    empty: 0,
    'odd.bin': 40_001,
    'more than a piece.bin': 70_003,
    'exactly a piece.bin': 32 * KIB,
    'nested/empty': 0,
    'nested/deeper/and deeper/one.bin': 1,
    'nested/deeper/and deeper/odd.bin': 33_333,
    'nested/zéro — 空.txt': 0,
    'nested/ünïcode — 日本語.txt': 12_345,
    'Ωmega/last': 1,
  },
};

const CASES: readonly (readonly [string, SwarmOptions])[] = [
  ['one file', { payload: { name: 'one.bin', files: 5 * MIB + 777 }, pieceLength: 64 * KIB }],
  ['many files of odd lengths', { payload: MANY_FILES, pieceLength: 32 * KIB }],
  ['less than a block', { payload: { name: 'small.bin', files: 999 }, pieceLength: 32 * KIB }],
  ['a single byte', { payload: { name: 'byte.bin', files: 1 }, pieceLength: 32 * KIB }],
  ['a last piece of one byte', { payload: { name: 'plus1.bin', files: MIB + 1 }, pieceLength: 64 * KIB }],
  [
    'pieces of 16 KiB',
    {
      payload: { name: '16k.bin', files: 3 * MIB + 5 },
      pieceLength: 16 * KIB,
      maker: 'transmission-create',
    },
  ],
  ['pieces of 256 KiB', { payload: { name: '256k.bin', files: 8 * MIB + 5 }, pieceLength: 256 * KIB }],
  ['pieces of 4 MiB', { payload: { name: '4m.bin', files: 18 * MIB + 5 }, pieceLength: 4 * MIB }],
];

const SEEDERS: readonly SeederKind[] = ['aria2', 'libtorrent', 'transmission'];

describe.concurrent.for(SEEDERS)(`${client.name} downloads from %s`, (kind) => {
  it.for(CASES)('%s', async ([, options], context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, options);
    await swarm.addSeeder(kind);
    const run = await swarm.download();
    expect(await run.finished()).toEqual({ code: 0, signal: null });
    expect(await swarm.compare()).toEqual([]);
  });
});
