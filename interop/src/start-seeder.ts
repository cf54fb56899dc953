import { startAria2Seeder } from './aria2-seeder.ts';
import { startLibtorrentSeeder } from './libtorrent-seeder.ts';
import type { Seeder, SeederKind, SeederOptions } from './seeder.ts';
import { startTransmissionSeeder } from './transmission-seeder.ts';

const START: Record<SeederKind, (options: SeederOptions) => Promise<Seeder>> = {
  aria2: startAria2Seeder,
  libtorrent: startLibtorrentSeeder,
  transmission: startTransmissionSeeder,
};

/** Starts a seeder of one kind or the other. */
export function startSeeder(kind: SeederKind, options: SeederOptions): Promise<Seeder> {
  return START[kind](options);
}
