import { copyFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../lib/run.ts';

/** Copies the files that git tracks, as they are now, to `to`, and makes that a repository of one commit. */
export async function copyTree(from: string, to: string): Promise<void> {
  const listed = await run('git', ['ls-files', '-z', '--cached'], { cwd: from });
  for (const path of listed.split('\0')) {
    // A file that was deleted and not yet committed is still listed.
    if (path === '' || !existsSync(join(from, path))) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
  // The changelog writer asks git which commit brought a changeset.
  const identity = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@example.invalid'];
  await run('git', ['init', '--quiet', '--initial-branch=main'], { cwd: to });
  await run('git', ['add', '--all'], { cwd: to });
  await run('git', [...identity, '-c', 'commit.gpgsign=false', 'commit', '--quiet', '--message=copy'], {
    cwd: to,
  });
}
