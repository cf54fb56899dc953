import type { Command } from 'commander';
import type { InfoFlags } from '../commands/info.ts';
import type { MagnetFlags } from '../commands/magnet.ts';
import type { PeersFlags } from '../commands/peers.ts';
import type { ScrapeFlags } from '../commands/scrape.ts';
import type { Context } from '../context.ts';
import {
  addSwarmOptions,
  bindOption,
  portOption,
  privateOption,
  proxyOption,
  TORRENT_HELP,
  trackerOption,
} from './options.ts';

/** Declares the commands that look at a torrent, its trackers or a peer. */
export function addLookCommands(program: Command, context: Context): void {
  addInfo(program.command('info'), TORRENT_HELP, context);
  program
    .command('magnet')
    .summary('print the magnet link of a torrent')
    .description('Prints the magnet link of a torrent.')
    .argument('<torrent>', TORRENT_HELP)
    .option('--no-trackers', 'leave its trackers out')
    .action(async (torrent: string, flags: MagnetFlags) => {
      const { magnetCommand } = await import('../commands/magnet.ts');
      await magnetCommand(torrent, flags, context);
    });
  addTrackerCommands(program, context);
  program
    .command('handshake')
    .summary('shake hands with a peer and print its id')
    .description('Shakes hands with a peer and prints its id.')
    .argument('<torrent>', TORRENT_HELP)
    .argument('<peer>', 'its address, as in 192.0.2.7:6881 or [2001:db8::7]:6881')
    .action(async (torrent: string, peer: string) => {
      const { handshakeCommand } = await import('../commands/handshake.ts');
      await handshakeCommand(torrent, peer, context);
    });
  program
    .command('decode')
    .summary('print a bencoded value as JSON')
    .description(
      'Prints a bencoded value as JSON. Bytes that are not UTF-8 appear as {"$bytes":"<hex>"}, a key of such bytes as ' +
        '"$bytes:<hex>"; a key that really begins with $ gets one more $ in front.',
    )
    .argument('<bencoded>', 'the value itself, - for standard input')
    .action(async (bencoded: string) => {
      const { decodeCommand } = await import('../commands/decode.ts');
      await decodeCommand(bencoded, context);
    });
}

/** Declares the classic commands that look at a magnet link, and at a peer of its torrent. */
export function addMagnetLooks(program: Command, context: Context): void {
  program
    .command('magnet_parse')
    .alias('magnet-parse')
    .summary('print what a magnet link says')
    .description('Prints the first tracker and the info hash of a magnet link.')
    .argument('<magnet>', 'a magnet link')
    .action(async (link: string) => {
      const { magnetParseCommand } = await import('../commands/magnet-parse.ts');
      magnetParseCommand(link, context);
    });
  const handshake = program
    .command('magnet_handshake')
    .alias('magnet-handshake')
    .summary('shake hands with some peer of a magnet link')
    .description('Shakes hands with a peer; prints its id and the id it gave to the metadata extension.')
    .argument('<magnet>', 'a magnet link');
  addSwarmOptions(handshake).action(async (link: string, flags: InfoFlags) => {
    const { magnetHandshakeCommand } = await import('../commands/magnet-handshake.ts');
    await magnetHandshakeCommand(link, flags, context);
  });
  addInfo(program.command('magnet_info').alias('magnet-info'), 'a magnet link', context);
}

function addInfo(command: Command, argument: string, context: Context): void {
  command
    .summary('print what a torrent holds')
    .description('Prints what a torrent holds. That of a magnet link comes from peers.')
    .argument('<torrent>', argument);
  addSwarmOptions(command)
    .option('--json', 'print one JSON object')
    .action(async (torrent: string, flags: InfoFlags) => {
      const { infoCommand } = await import('../commands/info.ts');
      await infoCommand(torrent, flags, context);
    });
}

function addTrackerCommands(program: Command, context: Context): void {
  program
    .command('peers')
    .summary('print the peers that a tracker knows')
    .description('Prints the peers of the first tracker that answers, one address a line.')
    .argument('<torrent>', TORRENT_HELP)
    .addOption(trackerOption())
    .addOption(bindOption())
    .addOption(proxyOption())
    .addOption(privateOption())
    .addOption(portOption())
    .action(async (torrent: string, flags: PeersFlags) => {
      const { peersCommand } = await import('../commands/peers.ts');
      await peersCommand(torrent, flags, context);
    });
  program
    .command('scrape')
    .summary('print how many peers each tracker counts')
    .description('Prints how many seeders, leechers and downloads each tracker counts.')
    .argument('<torrent>', TORRENT_HELP)
    .addOption(trackerOption())
    .addOption(bindOption())
    .addOption(proxyOption())
    .addOption(privateOption())
    .option('--json', 'print one JSON object')
    .action(async (torrent: string, flags: ScrapeFlags) => {
      const { scrapeCommand } = await import('../commands/scrape.ts');
      await scrapeCommand(torrent, flags, context);
    });
}
