import type { CommanderError } from 'commander';
import type { Context } from './context.ts';
import { EXIT_CODE, exitCodeOf } from './exit-code.ts';
import { Interruption } from './interruption.ts';
import { INSTALLED_LAYERS, type Layers } from './layers.ts';
import { Printer } from './printer.ts';
import type { Outcome } from './program/outcome.ts';
import { reportError } from './report.ts';
import { shellQuote } from './shell-quote.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command line to its end.
 *
 * @param argv - The words after `millrace`.
 * @param signal - Stops the command; its reason is an {@link Interruption}.
 * @returns The exit code, as `--help` lists them.
 */
export function main(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  return mainWith(INSTALLED_LAYERS, argv, terminal, signal);
}

/** Like {@link main}, on layers of the caller's choice. The layers are not one more option: only tests have others. */
export async function mainWith(
  layers: Layers,
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const out = new Printer(terminal.stdout);
  const err = new Printer(terminal.stderr);
  const context: Context = { terminal, out, err, layers, argv, signal };
  const outcome: Outcome = { exitCode: EXIT_CODE.ok };
  try {
    const { buildProgram } = await import('./program.ts');
    await buildProgram(context, outcome).parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (isUsage(error)) return reportUsage(error, err);
    // Someone who stopped a command, or closed its output, knows that it did not finish.
    if (!(error instanceof Interruption)) reportError(error, err, argv.includes('--debug'));
    return exitCodeOf(error);
  }
}

/** Told by name, as {@link exitCodeOf} does, so that the parser is not loaded to ask. */
function isUsage(error: unknown): error is CommanderError {
  return (
    error instanceof Error &&
    'exitCode' in error &&
    'code' in error &&
    String(error.code).startsWith('commander.')
  );
}

/** `--help` and `--version` come as errors, too, and are none. */
function reportUsage(error: CommanderError, err: Printer): number {
  if (error.exitCode === 0) return EXIT_CODE.ok;
  if (error.code === 'commander.help') return EXIT_CODE.usage; // it was asked for nothing, and has been printed
  const [problem = '', suggestion] = error.message.replace(/^error: /u, '').split('\n');
  err.line(`millrace: ${problem}`);
  const [, torrent] =
    /^unknown command '(.*\.torrent|-|magnet:.*|https?:.*|[\da-f]{40})'$/u.exec(problem) ?? [];
  if (torrent !== undefined) err.line(`  To download it: ${shellQuote(['millrace', 'download', torrent])}`);
  else err.line(`  ${suggestion?.replace(/^\((.*)\)$/u, '$1') ?? 'millrace --help tells what there is.'}`);
  return EXIT_CODE.usage;
}
