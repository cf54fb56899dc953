import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Shows the program's output as it comes, besides returning it. */
  readonly isLoud?: boolean;
}

/**
 * Runs a program to its end, without input.
 *
 * @returns What it wrote to stdout.
 * @throws {Error} if it could not be started or failed, with all it wrote.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, env = process.env, isLoud = false } = options;
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const printed: string[] = [];
    // npm and pnpm are .cmd files on Windows, which only a shell starts.
    const shell = process.platform === 'win32' && !command.endsWith('.exe');
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.push(text);
      output.push(text);
      if (isLoud) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      if (isLoud) process.stderr.write(text);
    });
    child.once('error', (error) => reject(new Error(`Cannot start ${command}`, { cause: error })));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(printed.join(''));
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const told = isLoud ? '' : `\n${output.join('')}`;
      return reject(new Error(`Cannot run ${[command, ...args].join(' ')}: it ended with ${how}${told}`));
    });
  });
}

/**
 * The environment a user's own shell would have: without this workspace's programs on the PATH, and without what pnpm
 * and npx tell the scripts they start.
 */
export function userEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(registry|cache|userconfig)$/i;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_/i.test(name) || kept.test(name)),
  );
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return {
    ...env,
    PATH: folders.filter((folder) => !/node_modules[\\/]\.bin$/.test(folder)).join(delimiter),
  };
}
