import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompiledScript } from './compiled-script.ts';
import { outcomeOf, startProgram } from './testing/run-program.ts';

let root: string;
let file: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'millrace-'));
  file = path.join(root, 'script.cjs');
  folder = path.join(root, 'cache', 'millrace', 'compiled');
  writeFileSync(file, '(() => 1 + 1)()');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the script as one start does. */
function start(purpose = 'test', where = folder): unknown {
  const script = new CompiledScript({ file, folder: where, purpose });
  const value = script.run();
  script.keep('start');
  return value;
}

function kept(): readonly { readonly name: string; readonly inode: number }[] {
  return readdirSync(folder).map((name) => ({ name, inode: statSync(path.join(folder, name)).ino }));
}

function nameIn([only]: readonly { readonly name: string }[]): string {
  if (only === undefined) throw new Error('nothing was kept');
  return only.name;
}

describe('CompiledScript', () => {
  it('takes what it has kept, and writes it once', () => {
    expect(start()).toBe(2);
    const first = kept();
    expect(first).toHaveLength(1);
    expect(start()).toBe(2);
    expect(kept()).toEqual(first);
  });

  it('keeps more once at the end of a run, and leaves that alone', () => {
    writeFileSync(file, '(() => { const later = () => [1, 2, 3].map((one) => one + 1); return later; })()');
    start();
    const [atStart] = kept();
    const run = (): void => {
      const script = new CompiledScript({ file, folder, purpose: 'test' });
      const later = script.run();
      script.keep('start');
      expect(typeof later === 'function' && later()).toEqual([2, 3, 4]);
      script.keep('run');
    };
    const size = (): number => statSync(path.join(folder, nameIn(kept()))).size;
    const startSize = size();
    run();
    const [whole] = kept();
    expect([whole?.inode === atStart?.inode, size() > startSize]).toEqual([false, true]);
    run();
    start();
    expect(kept()).toEqual([whole]);
  });

  it('keeps by itself what each purpose needs', () => {
    start('one');
    start('two');
    expect(kept().map(({ name }) => name.split('-').at(-1))).toEqual(['one', 'two']);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['was cut short', (bytes) => bytes.subarray(0, -100)],
    ['is empty', () => Buffer.alloc(0)],
    ['has another byte', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(255)])],
  ])('compiles anew, and replaces, what %s', (_, damage) => {
    start();
    const name = nameIn(kept());
    const whole = readFileSync(path.join(folder, name));
    writeFileSync(path.join(folder, name), damage(whole));
    expect(start()).toBe(2);
    expect(readFileSync(path.join(folder, name)).length).toBe(whole.length);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('takes nothing of another script that is as long, and removes it', () => {
    start();
    const before = kept();
    writeFileSync(file, '(() => 1 + 3)()');
    expect(start()).toBe(4);
    expect(kept()).toHaveLength(1);
    expect(kept()[0]?.name).not.toBe(before[0]?.name);
  });

  it.each([
    ['a file', (): string => path.join(file, 'millrace', 'compiled')],
    ['a place without room for folders', (): string => '/proc/none/millrace/compiled'],
  ])('does without where its folder is in %s', (_, where) => {
    expect(start('test', where())).toBe(2);
  });

  it('does not mind an old folder in the place of what it keeps', () => {
    start();
    const name = nameIn(kept());
    rmSync(path.join(folder, name));
    mkdirSync(path.join(folder, name));
    expect(start()).toBe(2);
    expect(readdirSync(folder)).toEqual([name]);
  });
});

describe('millrace, as it is built', () => {
  it('takes what an earlier run has kept that went on for a while', async () => {
    const cache = path.join(root, 'cache');
    const run = async (): Promise<readonly { readonly name: string; readonly inode: number }[]> => {
      const program = startProgram(['info', '-'], root, { XDG_CACHE_HOME: cache });
      // It waits for its input; V8's flags are set as soon as all is kept, and what is kept must suit a V8 without them.
      await expect.poll(() => keptOf(cache), { timeout: 10_000 }).toHaveLength(1);
      program.stdin.end('no torrent');
      await outcomeOf(program);
      return keptOf(cache);
    };
    const first = await run();
    expect(await run()).toEqual(first);
  });

  it('takes what a run has kept that ended well, after its flags were other ones', async () => {
    const cache = path.join(root, 'cache');
    const torrent = 'd4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee';
    const run = async (): Promise<readonly [inode: number | undefined, size: number]> => {
      const program = startProgram(['info', '-'], root, { XDG_CACHE_HOME: cache });
      await expect.poll(() => keptOf(cache), { timeout: 10_000 }).toHaveLength(1);
      program.stdin.end(torrent);
      const { exitCode } = await outcomeOf(program);
      expect(exitCode).toBe(0);
      const [one] = keptOf(cache);
      return [one?.inode, statSync(path.join(folder, one?.name ?? '')).size];
    };
    const first = await run();
    // What V8 does not take is replaced.
    expect(await run()).toEqual(first);
  });

  it('keeps nothing where no compiled code is to be kept', async () => {
    const cache = path.join(root, 'cache');
    const environment = { XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: '1' };
    const { out } = await outcomeOf(startProgram(['--help'], root, environment));
    expect([out, keptOf(cache)]).toEqual([expect.stringContaining('millrace'), []]);
  });

  it('compiles anew, and replaces, what V8 refuses', async () => {
    const cache = path.join(root, 'cache');
    const run = async (): Promise<string> =>
      (await outcomeOf(startProgram(['--help'], root, { XDG_CACHE_HOME: cache }))).out;
    const help = await run();
    const name = nameIn(keptOf(cache));
    const garbage = Buffer.alloc(500, 7);
    writeFileSync(path.join(folder, name), Buffer.concat([hash('sha1', garbage, 'buffer'), garbage]));
    expect(await run()).toBe(help);
    expect(statSync(path.join(folder, name)).size).toBeGreaterThan(10_000);
  });
});

function keptOf(cache: string): readonly { readonly name: string; readonly inode: number }[] {
  try {
    folder = path.join(cache, 'millrace', 'compiled');
    return kept();
  } catch {
    return [];
  }
}
