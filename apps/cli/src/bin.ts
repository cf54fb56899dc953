import { addAbortSignal } from 'node:stream';
import { isatty, type WriteStream } from 'node:tty';
import { EXIT_CODE, exitCodeOf } from './exit-code.ts';
import { Interruption, SIGNAL_EXIT_CODE } from './interruption.ts';
import { main } from './main.ts';
import { Printer } from './printer.ts';
import { reportError } from './report.ts';
import type { TerminalStream } from './terminal.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
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
const terminal = {
  stdin: (signal: AbortSignal) => addAbortSignal(signal, process.stdin),
  stdout: terminalStream(process.stdout),
  stderr: terminalStream(process.stderr),
  environment: process.env,
};
// Not awaited: what the build makes of this file is a classic script (`start.ts`).
void main(process.argv.slice(2), terminal, stop.signal).then((exitCode) => {
  process.exitCode = exitCode;
});

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
