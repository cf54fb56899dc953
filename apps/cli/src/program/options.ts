import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_PORT } from '../default-port.ts';
import { isProxyUrl } from '../proxy-url.ts';
import { parseRatio, parseSize, parseTime, parseWhole } from '../quantities.ts';

const MAX_PORT = 65_535;

/** What `<torrent>` may be, for the help of every command that takes one. */
export const TORRENT_HELP =
  'a .torrent file, - for standard input, a web address of one, a magnet link or an info hash';

/** Adds the options of commands that ask peers: where from, and how long. */
export function addSwarmOptions(command: Command): Command {
  return command
    .option('-p, --peer <host:port>', 'ask this peer, too (repeatable)', collect)
    .addOption(trackerOption())
    .option('--announce-to-all', 'ask every tracker for peers, not the first that answers')
    .option('--no-pex', 'do not exchange peers with peers')
    .option('--no-dht', 'do not look for peers in the DHT')
    .addOption(
      new Option('--dht-port <number>', 'UDP port of the DHT node (default: the number of --port)').argParser(
        (text: string) => valid(() => parseWhole(text, 1, MAX_PORT)),
      ),
    )
    .option(
      '--dht-bootstrap <host:port>',
      'begin with this node of the DHT instead of well-known ones (repeatable)',
      collect,
    )
    .option('--no-portmap', 'do not ask the router to let peers in')
    .option('--no-lsd', 'do not look for peers in the local network')
    .addOption(bindOption())
    .addOption(proxyOption())
    .addOption(privateOption())
    .option(
      '--timeout <time>',
      'give up after this long without metadata or any peer (downloads: never; otherwise: 60s)',
      (text) => valid(() => parseTime(text)),
    )
    .option('--no-listen', 'do not let peers call; tell trackers the port that is given all the same')
    .addOption(portOf('the port that peers can call, IPv4 and IPv6 (default: one that is free)'));
}

/** Adds the options of commands that download: also how much of the machine they may take. */
export function addSourceOptions(command: Command): Command {
  return addSwarmOptions(command)
    .option('--max-peers <count>', 'connections at once (default: 50)', (text) =>
      valid(() => parseWhole(text, 1)),
    )
    .option('--memory <size>', 'memory for unfinished pieces (default: 64M)', (text) =>
      valid(() => parseSize(text)),
    )
    .option('--request-timeout <time>', 'patience with a silent peer (default: 20s)', (text) =>
      valid(() => parseTime(text)),
    )
    .option('--overwrite', 'replace what else is there');
}

/** Adds the options of commands that give to peers: how fast, and until when. */
export function addSharingOptions(command: Command, isSeed: boolean): Command {
  const otherwise = isSeed ? 'default: until it is stopped' : 'default: it ends when everything is here';
  return command
    .option('--limit-down <rate>', 'take no more than this a second: 2M, 500K (default: no limit)', parseRate)
    .option('--limit-up <rate>', 'give no more than this a second (default: no limit)', parseRate)
    .option('--upload-slots <count>', 'peers that may ask at once (default: by --limit-up)', (text) =>
      valid(() => parseWhole(text, 1)),
    )
    .option(
      '--seed-ratio <ratio>',
      `give until this many times the size is given; 0 for ever (${otherwise})`,
      (text) => valid(() => parseRatio(text)),
    )
    .option('--seed-time <time>', 'give for this long, once everything is here', (text) =>
      valid(() => parseTime(text)),
    );
}

export function trackerOption(): Option {
  return new Option(
    '-t, --tracker <url>',
    "ask this tracker before the torrent's own (repeatable)",
  ).argParser((url: string, trackers: readonly string[] | undefined) => {
    if (!URL.canParse(url)) throw new InvalidArgumentError('It must be a URL.');
    return collect(url, trackers);
  });
}

export function bindOption(): Option {
  return new Option('--bind <address>', 'connect from this address of this machine');
}

export function proxyOption(): Option {
  return new Option(
    '--proxy <url>',
    'ask HTTP trackers through this proxy, and no others: http://, socks5:// (default: as http_proxy says)',
  ).argParser((url: string) => {
    if (!isProxyUrl(url))
      throw new InvalidArgumentError('It must be http://, socks5:// or socks5h://host:port.');
    return url;
  });
}

export function privateOption(): Option {
  return new Option(
    '--allow-private',
    'ask trackers whose names stand for addresses of this machine or its network',
  );
}

/** The port of a command that only asks a tracker: nothing listens there. */
export function portOption(): Option {
  return portOf(`the port to announce (default: ${DEFAULT_PORT})`);
}

function portOf(description: string): Option {
  return new Option('--port <number>', description).argParser((text: string) =>
    valid(() => parseWhole(text, 1, MAX_PORT)),
  );
}

function parseRate(text: string): number {
  return valid(() => parseSize(text));
}

export function collect(text: string, texts: readonly string[] = []): readonly string[] {
  return [...texts, text];
}

/** Turns the reason why a text is no quantity into one that names the option. */
export function valid(parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? `${error.message}.` : String(error));
  }
}
