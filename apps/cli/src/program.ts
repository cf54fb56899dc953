import { Command } from 'commander';
import type { Context } from './context.ts';
import { EXAMPLES, EXIT_CODES_HELP } from './help-text.ts';
import { addDhtCommands } from './program/dht-commands.ts';
import { addDownloadCommands, addMagnetDownloads } from './program/download-commands.ts';
import { addLookCommands, addMagnetLooks } from './program/look-commands.ts';
import { addMakeCommands } from './program/make-commands.ts';
import type { Outcome } from './program/outcome.ts';
import { versionText } from './version.ts';

interface Group {
  /** How its commands can be called. */
  readonly commands: readonly string[];
  readonly declare: (program: Command, context: Context, outcome: Outcome) => void;
}

/** Of a command that is asked for, only its group is declared: to declare all takes several milliseconds. */
const GROUPS: readonly Group[] = [
  { commands: ['download', 'seed', 'download_piece', 'download-piece'], declare: addDownloadCommands },
  { commands: ['info', 'magnet', 'peers', 'scrape', 'handshake', 'decode'], declare: addLookCommands },
  { commands: ['dht'], declare: addDhtCommands },
  { commands: ['create', 'verify', 'edit'], declare: addMakeCommands },
  { commands: ['magnet_parse', 'magnet_handshake', 'magnet_info'], declare: addMagnetLooks },
  { commands: ['magnet_download_piece', 'magnet_download'], declare: addMagnetDownloads },
];

/**
 * Builds the command tree. It only declares: what a command does is loaded when the command runs, so that the quick
 * ones stay quick.
 */
export function buildProgram(context: Context, outcome: Outcome): Command {
  const program = new Command('millrace')
    .description('A BitTorrent client for the command line')
    .version(versionText(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--debug', 'show where an error came from')
    .addHelpText('after', `\n${EXAMPLES}\n\n${EXIT_CODES_HELP}`);
  // Before the commands, which inherit them.
  program.exitOverride().configureOutput({
    writeOut: (text) => context.out.lines(toLines(text)),
    writeErr: (text) => context.err.lines(toLines(text)),
    outputError() {}, // main() reports it, like every other error
    getOutHelpWidth: () => context.terminal.stdout.columns,
    getErrHelpWidth: () => context.terminal.stderr.columns,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  const [word = ''] = context.argv;
  const asked = GROUPS.filter(({ commands }) => commands.includes(word));
  for (const { declare } of asked.length > 0 ? asked : GROUPS) declare(program, context, outcome);
  return program;
}

function toLines(text: string): string[] {
  return text.replace(/\n$/u, '').split('\n');
}
