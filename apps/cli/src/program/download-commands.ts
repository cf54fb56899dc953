import type { Command } from 'commander';
import type { DownloadFlags } from '../commands/download.ts';
import type { DownloadPieceFlags } from '../commands/download-piece.ts';
import type { Context } from '../context.ts';
import { parseWhole } from '../quantities.ts';
import { addSourceOptions, collect, TORRENT_HELP, valid } from './options.ts';
import type { Outcome } from './outcome.ts';

/** Declares `download` and, for one piece, `download_piece`, each under its classic name for magnet links, too. */
export function addDownloadCommands(program: Command, context: Context, outcome: Outcome): void {
  const download = program
    .command('download')
    .summary('download a torrent; run again to go on')
    .description('Downloads a torrent. Run it again to go on where it stopped.')
    .argument('<torrent>', TORRENT_HELP)
    .option(
      '-o, --output <path>',
      'where it goes: a folder to put it in, or the target itself (default: its own name)',
    );
  addDownload(download, context, outcome);
  addPiece(program.command('download_piece').alias('download-piece'), TORRENT_HELP, context);
}

/** Declares the classic commands that download from a magnet link. */
export function addMagnetDownloads(program: Command, context: Context, outcome: Outcome): void {
  addPiece(program.command('magnet_download_piece').alias('magnet-download-piece'), 'a magnet link', context);
  const download = program
    .command('magnet_download')
    .alias('magnet-download')
    .summary('download what a magnet link stands for')
    .description('Downloads what a magnet link stands for: download, by its classic name.')
    .argument('<magnet>', 'a magnet link')
    .requiredOption('-o, --output <path>', 'the file or folder to write');
  addDownload(download, context, outcome);
}

function addDownload(command: Command, context: Context, outcome: Outcome): void {
  addSourceOptions(
    command
      .option('-s, --select <files>', "files by number (1,3-5) or pattern ('*.mkv') (repeatable)", collect)
      .option('-x, --exclude <files>', 'files to leave out, in the same way (repeatable)', collect)
      .option('-l, --list', 'print the files (number, length, path) and stop'),
  )
    .option('--no-part', 'give files their names at once, not when they are whole')
    .option('--recheck', 'hash what is there, whatever is remembered of it')
    .option(
      '--state <place>',
      'where to remember what is there: a folder, "beside" the content, or "none" (default: your state folder)',
    )
    .option('--json', 'print one JSON object a line for each event')
    .option('-q, --quiet', 'show no progress')
    .option('-v, --verbose', 'show what trackers and peers do')
    .action(async (torrent: string, flags: DownloadFlags) => {
      const { downloadCommand } = await import('../commands/download.ts');
      outcome.exitCode = await downloadCommand(torrent, flags, context);
    });
}

function addPiece(command: Command, argument: string, context: Context): void {
  command
    .summary('download one piece into a file')
    .description('Downloads one piece, checks it and writes it to a file.')
    .argument('<torrent>', argument)
    .argument('<index>', 'which piece, from 0', (text: string) => valid(() => parseWhole(text, 0)))
    .requiredOption('-o, --output <file>', 'the file to write');
  addSourceOptions(command).action(async (torrent: string, index: number, flags: DownloadPieceFlags) => {
    const { downloadPieceCommand } = await import('../commands/download-piece.ts');
    await downloadPieceCommand(torrent, index, flags, context);
  });
}
