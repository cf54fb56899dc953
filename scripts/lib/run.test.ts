import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeBinary } from './node-binary.ts';
import { run, userEnvironment } from './run.ts';

const node = (code: string): Promise<string> =>
  run(process.execPath, ['-e', code], { cwd: import.meta.dirname });

describe('run', () => {
  it('returns what the program wrote to stdout, and nothing of stderr', async () => {
    expect(await node(`console.log('out'); console.error('err')`)).toBe('out\n');
  });

  it('throws with all that a failing program wrote', async () => {
    const failing = node(`console.log('out'); console.error('err'); process.exitCode = 3`);
    await expect(failing).rejects.toThrow(/exit code 3\n(out\nerr|err\nout)/);
  });

  it('throws naming a program that cannot be started', async () => {
    await expect(run('no-such-program.exe', [], { cwd: '.' })).rejects.toThrow(
      'Cannot start no-such-program.exe',
    );
  });

  it('gives the program no input', async () => {
    expect(await node(`process.stdin.on('data', () => {}).on('end', () => console.log('end'))`)).toBe(
      'end\n',
    );
  });
});

describe('userEnvironment', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('leaves out what pnpm tells its scripts, and keeps the registry', () => {
    vi.stubEnv('npm_lifecycle_event', 'test');
    vi.stubEnv('npm_config_registry', 'https://registry.invalid/');
    const env = userEnvironment();
    expect(env['npm_lifecycle_event']).toBeUndefined();
    expect(env['npm_config_registry']).toBe('https://registry.invalid/');
  });

  it.runIf(process.platform !== 'win32')('takes the programs of a workspace off the PATH', () => {
    vi.stubEnv('PATH', '/repository/node_modules/.bin:/usr/bin');
    expect(userEnvironment()['PATH']).toBe('/usr/bin');
  });
});

describe('nodeBinary', () => {
  it.each(['', '22', '22.18', 'latest', '22.18.0; true'])(
    'refuses %j before anything is fetched',
    async (version) => {
      await expect(nodeBinary(version)).rejects.toThrow(RangeError);
    },
  );
});
