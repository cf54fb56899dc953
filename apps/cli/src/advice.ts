import { codeOf } from './exit-code.ts';

/** What a person can do about an error, by its code; nothing where the message says it all. */
const ADVICE: Readonly<Record<string, string>> = {
  // Files
  ENOENT: 'Check the path; - reads the torrent from standard input.',
  EACCES: 'Check who may read and write there.',
  EISDIR: 'Name a file in that folder.',
  EEXIST: 'Choose another place with -o, or replace what is there with --overwrite.',
  ENOSPC: 'Make room on the disk, then run the same command again: it goes on where it stopped.',
  // Downloads
  EXISTS: 'Choose another place with -o, or replace what is there with --overwrite.',
  UNSAFE_TARGET: 'Choose another place with -o.',
  CHANGED: 'Run the same command again: what is wrong by now is fetched anew.',
  LOCKED: 'Wait until it is done, or choose another place with -o.',
  NO_SPACE: 'Make room on the disk, then run the same command again: it goes on where it stopped.',
  NOT_WRITABLE: 'Choose a folder of your own with -o.',
  NAME_TOO_LONG: 'Choose a shorter name with -o.',
  NO_SOURCES: 'Name a tracker with --tracker, or a peer with --peer.',
  NO_METADATA: 'Try again later, or name who may have it with --tracker or --peer.',
  NO_PEERS: 'Try again later, or name who may have it with --tracker or --peer.',
  // The DHT
  NO_NODES: 'Check the connection to the Internet, or name a node that is there with --bootstrap.',
  NO_VALUE: 'Values are kept for two hours after they were last stored.',
  CONFLICT: 'Look at what is there with millrace dht get, and store again.',
  // Making torrents
  FILE_CHANGED: 'Run it again when nothing writes there any more.',
  FILE_UNREADABLE: 'Check who may read it, or leave it out with --ignore.',
  NAME_NOT_UTF8: 'Rename it: names in torrents are UTF-8.',
  NO_CONTENT: 'Name a file or folder that holds something.',
  // Networks
  NOT_RESOLVED: 'Check the name and the connection to the Internet.',
  ADDRESS_REFUSED: 'If that is a tracker of yours, add --allow-private.',
  NOT_CONNECTED: 'Check the address; the peer may be gone.',
  REFUSED: 'Nothing listens there now; try again later, or name another with --tracker.',
  INFO_HASH_MISMATCH: 'The peer does not have this torrent; take another from: millrace peers <torrent>',
  UNSUPPORTED_PROTOCOL: 'Name an HTTP or UDP tracker with --tracker.',
  HTTP_STATUS: 'Check the address.',
  // Torrents
  INVALID_MAGNET: 'Copy the whole link again, and quote it: the shell takes & for its own.',
  NOT_BENCODE: 'The file is damaged or no torrent: fetch it again.',
  UNSUPPORTED_META_VERSION: 'Ask for a version 1 or hybrid torrent of the same content.',
};

/** Returns one sentence on what to do about `error`, if there is something to do. */
export function adviceFor(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
}
