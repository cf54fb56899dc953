import { type Command, InvalidArgumentError } from 'commander';
import type { CreateFlags } from '../commands/create.ts';
import type { EditFlags } from '../commands/edit.ts';
import type { VerifyFlags } from '../commands/verify.ts';
import type { Context } from '../context.ts';
import { parseSize, parseWhole } from '../quantities.ts';
import { collect, valid } from './options.ts';
import type { Outcome } from './outcome.ts';

const MIN_PIECE_LENGTH = 16 * 1024;
const MAX_PIECE_LENGTH = 512 * 1024 * 1024;
const MAX_THREADS = 32;

/** Declares the commands that work on torrents and files of this machine alone. */
export function addMakeCommands(program: Command, context: Context, outcome: Outcome): void {
  program
    .command('create')
    .summary('make a torrent of a file or folder')
    .description(
      'Makes a torrent of a file or folder. The same files and options give the same torrent: no date and no name of ' +
        'a program is in it unless asked for.',
    )
    .argument('<path>', 'the file or folder')
    .option('-o, --output <file>', 'the torrent to write, or a folder to put it in (default: <name>.torrent)')
    .option('--stdout', 'write the torrent to standard output')
    .option('--overwrite', 'replace what is there (also --force)')
    .addOption(forceOption(program))
    .option(
      '-t, --tracker <urls>',
      'a tier of trackers: one, or several with commas between (repeatable)',
      collectTier,
    )
    .option('-w, --web-seed <url>', 'where the content is on the web (repeatable)', collectUrl)
    .option('-l, --piece-length <size>', 'a power of two, such as 256K (default: by size)', parsePieceLength)
    .option('-p, --private', 'let peers come from the trackers only')
    .option('-c, --comment <text>', 'words for whoever looks at it')
    .option('-s, --source <text>', 'a mark that gives it an info hash of its own')
    .option('-n, --name <name>', 'its name (default: that of the file or folder)')
    .option('--created-by <text>', 'who made it (default: nothing)')
    .option('--date', 'write the date, now or SOURCE_DATE_EPOCH (default: only if that is set)')
    .option('--no-date', 'write no date at all')
    .option('-x, --ignore <pattern>', "leave out files or folders, as in '*.tmp' (repeatable)", collect)
    .option('--pad', 'let each file begin with a piece of its own (BEP 47)')
    .addOption(threadsOption(program))
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'show no progress')
    .action(async (path: string, flags: CreateFlags) => {
      const { createCommand } = await import('../commands/create.ts');
      await createCommand(path, flags, context);
    });
  program
    .command('verify')
    .summary('check files against a torrent')
    .description(
      'Checks what is on disk of a torrent, and says of each file what is good, bad or missing. It writes nothing.',
    )
    .argument('<torrent>', 'a .torrent file, - for standard input, or a web address of one')
    .argument('[path]', 'where the content is: itself, or the folder it is in (default: its own name)')
    .addOption(threadsOption(program))
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'show no progress, and print only what is wrong')
    .option('-v, --verbose', 'name the files that are good, too')
    .action(async (torrent: string, path: string | undefined, flags: VerifyFlags) => {
      const { verifyCommand } = await import('../commands/verify.ts');
      outcome.exitCode = await verifyCommand(torrent, path, flags, context);
    });
  addEdit(program, context);
}

function addEdit(program: Command, context: Context): void {
  const edit = program
    .command('edit')
    .summary('change the trackers, web seeds or comment of a torrent')
    .description(
      'Changes the trackers, web seeds or comment of a torrent, in place if no output is named. Its info hash stays what it ' +
        'is. What is to go goes first, then one is replaced by another, then come those that are added.',
    )
    .argument('<torrent>', 'a .torrent file, or - for standard input')
    .option(
      '-t, --add-tracker <urls>',
      'add a tier of trackers, with commas between (repeatable)',
      collectTier,
    )
    .option('--remove-tracker <url>', 'take a tracker away (repeatable)', collect)
    .option('--replace-tracker <old,new>', 'put a tracker in the place of another (repeatable)', collectPair)
    .option('--no-trackers', 'take all trackers away that are there')
    .option('-w, --add-web-seed <url>', 'add a web seed (repeatable)', collectUrl)
    .option('--remove-web-seed <url>', 'take a web seed away (repeatable)', collect)
    .option('--no-web-seeds', 'take all web seeds away that are there')
    .option('-c, --comment <text>', 'set the comment')
    .option('--no-comment', 'take the comment away')
    .option('-o, --output <file>', 'the torrent to write, or a folder to put it in (default: in place)')
    .option('--stdout', 'write the torrent to standard output')
    .option('--overwrite', 'replace what is at --output (also --force)')
    .addOption(forceOption(program))
    .option('--json', 'print one JSON object');
  // Not to be edited; known so that they can be told why.
  for (const flags of [
    '-s, --source [text]',
    '-n, --name [name]',
    '-p, --private',
    '-l, --piece-length [size]',
  ]) {
    edit.addOption(program.createOption(flags).hideHelp());
  }
  edit.action(async (torrent: string, flags: EditFlags) => {
    const { editCommand } = await import('../commands/edit.ts');
    await editCommand(torrent, flags, context);
  });
}

function threadsOption(program: Command) {
  return program
    .createOption('--threads <count>', 'threads that hash (default: one for each core)')
    .argParser((text: string) => valid(() => parseWhole(text, 1, MAX_THREADS)));
}

function forceOption(program: Command) {
  return program.createOption('--force', 'as --overwrite').hideHelp();
}

/** Only what begins like a URL after a comma is one: a URL may have commas of its own. */
function splitUrls(text: string): readonly string[] {
  return text.split(/,(?=[a-z][a-z\d+.-]*:\/\/)/iu).map(checkUrl);
}

function checkUrl(url: string): string {
  if (!/^[a-z][a-z\d+.-]*:\/\//iu.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError('It must be a URL.');
  }
  return url;
}

function collectTier(
  text: string,
  tiers: readonly (readonly string[])[] = [],
): readonly (readonly string[])[] {
  return [...tiers, splitUrls(text)];
}

function collectPair(
  text: string,
  pairs: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const [old, next, ...more] = splitUrls(text);
  if (old === undefined || next === undefined || more.length > 0) {
    throw new InvalidArgumentError('It must be two URLs with a comma between.');
  }
  return [...pairs, [old, next]];
}

function collectUrl(text: string, urls?: readonly string[]): readonly string[] {
  return collect(checkUrl(text), urls);
}

function parsePieceLength(text: string): number {
  return valid(() => {
    const length = parseSize(text);
    if (Number.isInteger(Math.log2(length)) && length >= MIN_PIECE_LENGTH && length <= MAX_PIECE_LENGTH)
      return length;
    throw new RangeError('It must be a power of two from 16K to 512M');
  });
}
