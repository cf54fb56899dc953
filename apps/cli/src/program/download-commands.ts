import type { Command } from 'commander';
import type { DownloadFlags } from '../commands/download.ts';
import type { DownloadPieceFlags } from '../commands/download-piece.ts';
import type { SeedFlags } from '../commands/seed.ts';
import type { Context } from '../context.ts';
import { parseWhole } from '../quantities.ts';
import {
  addSharingOptions,
  addSourceOptions,
  addSwarmOptions,
  collect,
  TORRENT_HELP,
  valid,
} from './options.ts';
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
  addSeed(program.command('seed'), context, outcome);
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
  addSharingOptions(
    addSourceOptions(
      command
        .option('-s, --select <files>', "files by number (1,3-5) or pattern ('*.mkv') (repeatable)", collect)
        .option('-x, --exclude <files>', 'files to leave out, in the same way (repeatable)', collect)
        .option('-l, --list', 'print the files (number, length, path) and stop'),
    ),
    false,
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

function addSeed(command: Command, context: Context, outcome: Outcome): void {
  command
    .summary('give what is here of torrents to others')
    .description(
      'Gives what is here of torrents to whoever asks, after it has been checked. Nothing is written. It goes on until it ' +
        'is stopped, or every torrent has reached --seed-ratio or --seed-time.',
    )
    .argument('<torrents...>', TORRENT_HELP)
    .option(
      '--path <path>',
      'where the content is: a folder that it is in or, for one torrent, the content itself (default: here)',
    );
  addSharingOptions(addSwarmOptions(command), true)
    .option('--max-peers <count>', 'connections at once for each torrent (default: 50)', (text) =>
      valid(() => parseWhole(text, 1)),
    )
    .option('--super-seed', 'send each piece about once, until others have everything: for who has it alone')
    .option('--recheck', 'hash what is there, whatever is remembered of it')
    .option('--state <place>', 'where it is remembered what is there: see download')
    .option('--json', 'print one JSON object a line for each event')
    .option('-q, --quiet', 'show no progress')
    .option('-v, --verbose', 'show what trackers and peers do')
    .action(async (torrents: readonly string[], flags: SeedFlags) => {
      const { seedCommand } = await import('../commands/seed.ts');
      outcome.exitCode = await seedCommand(torrents, flags, context);
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
