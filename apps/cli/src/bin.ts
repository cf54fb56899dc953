#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { addAbortSignal } from 'node:stream';
import { isatty, type WriteStream } from 'node:tty';
import { EXIT_CODE, exitCodeOf } from './exit-code.ts';
import { Interruption, SIGNAL_EXIT_CODE } from './interruption.ts';
import { main } from './main.ts';
import { oldNodeText } from './old-node.ts';
import { Printer } from './printer.ts';
import { reportError } from './report.ts';
import type { TerminalStream } from './terminal.ts';
import { cacheFolder } from './user-folders.ts';
import { v8Flags } from './v8-flags.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** Time after which a command has loaded what it needs, or nearly. */
const LOADED_MS = 200;

const tooOld = oldNodeText(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(`millrace: ${tooOld}\n`);
  process.exit(EXIT_CODE.unknown);
}
// Not at once: with a flag of ours, V8 takes what Node brings compiled for made by another V8, and compiles all it loads itself.
setTimeout(() => {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of v8Flags(process.versions.v8)) setFlagsFromString(flag);
}, LOADED_MS).unref();
// What V8 makes of our code is kept for the next start. A folder that cannot be written to is no error.
const cache = cacheFolder(process.env);
if (cache !== undefined) enableCompileCache(path.join(cache, 'compiled'));

const stop = new AbortController();

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(SIGNAL_EXIT_CODE[name]);
    stop.abort(new Interruption(name));
  });
}

// A fault of this program: it must not look like one of the user's, nor end in a stack that nobody asked for.
process.on('uncaughtException', (error) => {
  reportError(error, new Printer(terminalStream(process.stderr)), process.argv.includes('--debug'));
  process.exit(EXIT_CODE.unknown);
});

// `millrace … | head` closes our output when it has enough: that is no error, only the end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') stop.abort(new Interruption('OUTPUT_CLOSED'));
  if (stop.signal.aborted) return; // what is still written on the way out fails as well
  process.stderr.write(`millrace: Cannot write to standard output: the system answered ${error.code}\n`);
  process.exit(exitCodeOf(error));
});
// Without anyone to read them, messages have no use, but the work has.
process.stderr.on('error', () => {});

// Should a promise below never settle, Node would find nothing to wait for and end as if all were well.
process.exitCode = EXIT_CODE.unknown;
process.exitCode = await main(
  process.argv.slice(2),
  {
    stdin: (signal) => addAbortSignal(signal, process.stdin),
    stdout: terminalStream(process.stdout),
    stderr: terminalStream(process.stderr),
    environment: process.env,
  },
  stop.signal,
);

function terminalStream(stream: WriteStream & { readonly fd: number }): TerminalStream {
  return {
    isTerminal: isatty(stream.fd),
    get columns(): number {
      return stream.columns || DEFAULT_COLUMNS;
    },
    get rows(): number {
      return stream.rows || DEFAULT_ROWS;
    },
    write(text: string): void {
      stream.write(text);
    },
    writeBytes(bytes: Uint8Array): void {
      stream.write(bytes);
    },
  };
}
