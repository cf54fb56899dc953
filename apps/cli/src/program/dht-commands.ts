import type { Command } from 'commander';
import type { DhtGetFlags } from '../commands/dht-get.ts';
import type { DhtLookupFlags } from '../commands/dht-lookup.ts';
import type { DhtPutFlags } from '../commands/dht-put.ts';
import type { Context } from '../context.ts';
import type { DhtFlags } from '../dht/search-node.ts';
import { parseTime, parseWhole } from '../quantities.ts';
import { bindOption, collect, TORRENT_HELP, valid } from './options.ts';

/** Declares the commands that look around in the DHT. */
export function addDhtCommands(program: Command, context: Context): void {
  const dht = program
    .command('dht')
    .summary('look around in the DHT, which needs no tracker')
    .description('Asks nodes of the DHT for peers, values and info hashes.');
  addDhtOptions(dht.command('lookup'))
    .summary('print the peers of a torrent')
    .description('Prints the peers of a torrent as they are found, one address a line.')
    .argument('<torrent>', TORRENT_HELP)
    .option('--count', 'print how many there are, as nodes count them, instead')
    .action(async (torrent: string, flags: DhtLookupFlags) => {
      const { dhtLookupCommand } = await import('../commands/dht-lookup.ts');
      await dhtLookupCommand(torrent, flags, context);
    });
  addDhtOptions(dht.command('ping'))
    .summary('print the id of a node')
    .description('Asks a node whether it is there; prints its id and how long that took.')
    .argument('<node>', 'its address, as in 192.0.2.7:6881 or [2001:db8::7]:6881')
    .action(async (node: string, flags: DhtFlags) => {
      const { dhtPingCommand } = await import('../commands/dht-ping.ts');
      await dhtPingCommand(node, flags, context);
    });
  addDhtOptions(dht.command('get'))
    .summary('print a value that is stored there')
    .description(
      'Prints a value as JSON, like decode. With a public key it is the newest that its owner has signed.',
    )
    .argument('<name>', 'its target (40 hexadecimal digits), or the public key of its owner (64)')
    .option('--salt <text>', 'which of the values of that key')
    .action(async (name: string, flags: DhtGetFlags) => {
      const { dhtGetCommand } = await import('../commands/dht-get.ts');
      await dhtGetCommand(name, flags, context);
    });
  addDhtOptions(dht.command('put'))
    .summary('store a value there')
    .description('Stores a value for two hours; prints its target, or the public key it is signed with.')
    .argument('<value>', 'a text of at most 1000 bytes, with its length before it')
    .option('--bencoded', 'the value is bencode')
    .option('--key <file>', 'sign it with the secret key in this file, which is made if there is none')
    .option('--salt <text>', 'which of the values of that key')
    .option('--seq <number>', 'its sequence number (default: one more than what is there)', whole)
    .option('--cas <number>', 'only in the place of the value with this sequence number', whole)
    .action(async (value: string, { seq, ...flags }: DhtPutFlags & { readonly seq?: number }) => {
      const { dhtPutCommand } = await import('../commands/dht-put.ts');
      await dhtPutCommand(value, { ...flags, ...(seq !== undefined && { sequence: seq }) }, context);
    });
  addDhtOptions(dht.command('sample'))
    .summary('print info hashes that nodes know')
    .description('Prints some of the info hashes that a node has peers of, or several nodes that are drawn.')
    .argument('[node]', 'the address of a node')
    .action(async (node: string | undefined, flags: DhtFlags) => {
      const { dhtSampleCommand } = await import('../commands/dht-sample.ts');
      await dhtSampleCommand(node, flags, context);
    });
}

function addDhtOptions(command: Command): Command {
  return command
    .option(
      '--bootstrap <host:port>',
      'begin with this node (repeatable; default: well-known ones of the public DHT)',
      collect,
    )
    .addOption(bindOption())
    .option('--timeout <time>', 'give up after this long (default: 60s)', (text) =>
      valid(() => parseTime(text)),
    )
    .option('--json', 'print JSON, an object a line');
}

function whole(text: string): number {
  return valid(() => parseWhole(text, 0));
}
