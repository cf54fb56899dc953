import { Command, InvalidArgumentError, Option } from 'commander';
import type { DownloadFlags } from './commands/download.ts';
import type { DownloadPieceFlags } from './commands/download-piece.ts';
import type { InfoFlags } from './commands/info.ts';
import type { PeersFlags } from './commands/peers.ts';
import type { Context } from './context.ts';
import { DEFAULT_PORT } from './default-port.ts';
import { EXAMPLES, EXIT_CODES_HELP } from './help-text.ts';
import { parseSize, parseTime, parseWhole } from './quantities.ts';
import { versionText } from './version.ts';

const MAX_PORT = 65_535;

/** What a run leaves: nothing is done, or a command's own exit code. */
export interface Outcome {
  exitCode: number;
}

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
  addDownload(program, context, outcome);
  addInfo(program, context);
  addPeers(program, context);
  addHandshake(program, context);
  addDownloadPiece(program, context);
  addDecode(program, context);
  return program;
}

function addDownload(program: Command, context: Context, outcome: Outcome): void {
  const command = program
    .command('download')
    .summary('download a torrent; run again to go on')
    .description('Downloads a torrent. Run it again to go on where it stopped.')
    .argument('<torrent>', 'a .torrent file, - for standard input')
    .option(
      '-o, --output <path>',
      'where it goes: a folder to put it in, or the target itself (default: its own name)',
    );
  addSourceOptions(command)
    .option('--json', 'print one JSON object a line for each event')
    .option('-q, --quiet', 'show no progress')
    .option('-v, --verbose', 'show what trackers and peers do')
    .action(async (torrent: string, flags: DownloadFlags) => {
      const { downloadCommand } = await import('./commands/download.ts');
      outcome.exitCode = await downloadCommand(torrent, flags, context);
    });
}

function addDownloadPiece(program: Command, context: Context): void {
  const command = program
    .command('download_piece')
    .alias('download-piece')
    .summary('download one piece into a file')
    .description('Downloads one piece, checks it and writes it to a file.')
    .argument('<torrent>', 'a .torrent file, - for standard input')
    .argument('<index>', 'which piece, from 0', (text: string) => valid(() => parseWhole(text, 0)))
    .requiredOption('-o, --output <file>', 'the file to write');
  addSourceOptions(command).action(async (torrent: string, index: number, flags: DownloadPieceFlags) => {
    const { downloadPieceCommand } = await import('./commands/download-piece.ts');
    await downloadPieceCommand(torrent, index, flags, context);
  });
}

function addInfo(program: Command, context: Context): void {
  program
    .command('info')
    .summary('print what a torrent holds')
    .description('Prints what a torrent holds.')
    .argument('<torrent>', 'a .torrent file, - for standard input')
    .option('--json', 'print one JSON object')
    .action(async (torrent: string, flags: InfoFlags) => {
      const { infoCommand } = await import('./commands/info.ts');
      await infoCommand(torrent, flags, context);
    });
}

function addPeers(program: Command, context: Context): void {
  program
    .command('peers')
    .summary('print the peers that a tracker knows')
    .description('Prints the peers of the first tracker that answers, one address a line.')
    .argument('<torrent>', 'a .torrent file, - for standard input')
    .addOption(trackerOption())
    .addOption(portOption())
    .action(async (torrent: string, flags: PeersFlags) => {
      const { peersCommand } = await import('./commands/peers.ts');
      await peersCommand(torrent, flags, context);
    });
}

function addHandshake(program: Command, context: Context): void {
  program
    .command('handshake')
    .summary('shake hands with a peer and print its id')
    .description('Shakes hands with a peer and prints its id.')
    .argument('<torrent>', 'a .torrent file, - for standard input')
    .argument('<peer>', 'its address, as in 192.0.2.7:6881 or [2001:db8::7]:6881')
    .action(async (torrent: string, peer: string) => {
      const { handshakeCommand } = await import('./commands/handshake.ts');
      await handshakeCommand(torrent, peer, context);
    });
}

function addDecode(program: Command, context: Context): void {
  program
    .command('decode')
    .summary('print a bencoded value as JSON')
    .description(
      'Prints a bencoded value as JSON. Bytes that are not UTF-8 appear as {"$bytes":"<hex>"}, a key of such bytes as ' +
        '"$bytes:<hex>"; a key that really begins with $ gets one more $ in front.',
    )
    .argument('<bencoded>', 'the value itself, - for standard input')
    .action(async (bencoded: string) => {
      const { decodeCommand } = await import('./commands/decode.ts');
      await decodeCommand(bencoded, context);
    });
}

function addSourceOptions(command: Command): Command {
  return command
    .option('-p, --peer <host:port>', 'ask this peer, too (repeatable)', collect)
    .addOption(trackerOption())
    .option('--max-peers <count>', 'connections at once (default: 50)', (text) =>
      valid(() => parseWhole(text, 1)),
    )
    .option('--memory <size>', 'memory for unfinished pieces (default: 64M)', (text) =>
      valid(() => parseSize(text)),
    )
    .option('--request-timeout <time>', 'patience with a silent peer (default: 20s)', (text) =>
      valid(() => parseTime(text)),
    )
    .addOption(portOption())
    .option('--overwrite', 'replace what else is there');
}

function trackerOption(): Option {
  return new Option(
    '-t, --tracker <url>',
    "ask this tracker instead of the torrent's own (repeatable)",
  ).argParser((url: string, trackers: readonly string[] | undefined) => {
    if (!URL.canParse(url)) throw new InvalidArgumentError('It must be a URL.');
    return collect(url, trackers);
  });
}

function portOption(): Option {
  return new Option('--port <number>', `the port to announce (default: ${DEFAULT_PORT})`).argParser(
    (text: string) => valid(() => parseWhole(text, 1, MAX_PORT)),
  );
}

function collect(text: string, texts: readonly string[] = []): readonly string[] {
  return [...texts, text];
}

/** Turns the reason why a text is no quantity into one that names the option. */
function valid(parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? `${error.message}.` : String(error));
  }
}

function toLines(text: string): string[] {
  return text.replace(/\n$/u, '').split('\n');
}
