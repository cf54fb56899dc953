#!/usr/bin/env node
import path from 'node:path';
import { CompiledScript } from './compiled-script.ts';
import { EXIT_CODE } from './exit-code.ts';
import { oldNodeText } from './old-node.ts';
import { cacheFolder } from './user-folders.ts';
import { v8Flags } from './v8-flags.ts';
import { versionText } from './version.ts';

// What is installed as `millrace`: runs `bin.ts`, which the build has made one script of.

/**
 * Time after which a command has loaded what it needs, or nearly, in times of what Node itself took to start, here and now.
 * Later, V8's last compiler would be at work already, for nothing (`v8-flags.ts`).
 */
const LOADED_STARTS = 4;
/** Time after which a command is one that runs long. */
const LONG_RUN_MS = 20_000;

const tooOld = oldNodeText(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(`millrace: ${tooOld}\n`);
  process.exit(EXIT_CODE.unknown);
}

const [word = '', ...others] = process.argv.slice(2);
if (others.length === 0 && (word === '--version' || word === '-V')) {
  // The one thing asked so often, by scripts, that it is not worth loading a program for.
  process.stdout.on('error', () => {}); // who asked does not read it
  process.stdout.write(`${versionText()}\n`);
} else start();

function start(): void {
  // Node's own name for it: who wants no cache of compiled code wants none of ours either.
  const isCacheWanted = (process.env['NODE_DISABLE_COMPILE_CACHE'] ?? '') === '';
  const cache = isCacheWanted ? cacheFolder(process.env) : undefined;
  const program = new CompiledScript({
    file: path.join(import.meta.dirname, 'program.cjs'),
    folder: cache === undefined ? undefined : path.join(cache, 'compiled'),
    purpose: /^[a-z_-]{1,30}$/u.exec(word)?.[0] ?? 'other',
  });
  const { first, later, original } = v8Flags(process.versions.v8);
  let extent: 'start' | 'run' = 'start';
  // Not at once: with a flag of ours, V8 takes what Node brings compiled, and what we have kept, for made by another V8.
  setTimeout(() => {
    program.keep('start');
    extent = 'run'; // what ends sooner, such as a help text, may not be all that its command does
    setFlags(first);
    setTimeout(() => setFlags(later), LONG_RUN_MS).unref();
  }, LOADED_STARTS * performance.now()).unref();
  process.on('exit', (code) => {
    // After a long run, V8 may have let go of what only a start needs.
    if (code !== EXIT_CODE.ok || performance.now() > LONG_RUN_MS) return;
    if (extent === 'run') setFlags(original);
    program.keep(extent);
  });
  // When nothing is left to do, ending is all: Node would first take apart, piece by piece, what ends with the process.
  process.once('beforeExit', () => process.exit());
  const run = program.run();
  if (typeof run === 'function') run(import.meta.url, (name: string) => import.meta.resolve(name));
}

function setFlags(flags: readonly string[]): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of flags) setFlagsFromString(flag);
}
