import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { type Resident, residentOf } from './resident.ts';
import { ZeroSeeder } from './zero-seeder.ts';

const MILLRACE = join(import.meta.dirname, '../../../apps/cli/dist/bin.js');
const SAMPLE_MS = 25;

/** Downloads a torrent of zeros with `millrace download`, and returns the memory it took, every 25 ms. */
export async function toDisk(torrent: string, target: string): Promise<readonly Resident[]> {
  if (!existsSync(MILLRACE)) throw new Error(`Cannot start millrace: there is no ${MILLRACE}`);
  await using seeder = await ZeroSeeder.start(torrent, 1);
  const args = [MILLRACE, 'download', '--quiet', '--state', 'none', '-o', target];
  for (const address of seeder.addresses) args.push('--peer', address);
  await using child = await ManagedProcess.start('millrace', process.execPath, [...args, torrent]);
  const samples: Resident[] = [];
  const timer = setInterval(() => {
    const resident = residentOf(child.pid);
    if (resident !== undefined) samples.push(resident);
  }, SAMPLE_MS);
  const { code } = await child.exit;
  clearInterval(timer);
  await rm(target, { force: true });
  if (code !== 0) throw new Error(`Cannot count millrace: it ended with ${code}\n${child.log}`);
  return samples;
}
