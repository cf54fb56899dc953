import type { DhtError } from '@millrace/dht';
import type { DownloadError } from '@millrace/downloader';
import type { MetainfoError } from '@millrace/metainfo';
import type { PeerWireError } from '@millrace/peer-wire';
import type { TrackerError } from '@millrace/tracker-client';
import { Interruption, SIGNAL_EXIT_CODE } from './interruption.ts';

/** The numbers aria2 uses, so that scripts carry over. */
export const EXIT_CODE = {
  ok: 0,
  unknown: 1,
  timedOut: 2,
  notFound: 3,
  network: 6,
  unfinished: 7,
  diskFull: 9,
  busy: 11,
  exists: 13,
  io: 17,
  folder: 18,
  nameResolution: 19,
  bencode: 25,
  torrent: 26,
  magnet: 27,
  usage: 28,
  checksum: 32,
} as const;

type ExitName = keyof typeof EXIT_CODE;

/** What each exit code means, as `--help` and the README say it. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT_CODE.ok, 'done'],
  [EXIT_CODE.unknown, 'something unforeseen'],
  [EXIT_CODE.timedOut, 'a tracker or peer did not answer in time'],
  [EXIT_CODE.notFound, 'no one who has it was found within --timeout'],
  [EXIT_CODE.network, 'a tracker or peer cannot be reached, or answers wrongly'],
  [
    EXIT_CODE.unfinished,
    'not all is there: stopped before the end (the same command goes on), or found so by verify',
  ],
  [EXIT_CODE.diskFull, 'the disk is full'],
  [EXIT_CODE.busy, 'another process is at the same download'],
  [EXIT_CODE.exists, 'another file is where the result belongs'],
  [EXIT_CODE.io, 'a file cannot be read or written'],
  [EXIT_CODE.folder, 'a folder cannot be made'],
  [EXIT_CODE.nameResolution, 'a host name does not resolve'],
  [EXIT_CODE.bencode, 'not bencode'],
  [EXIT_CODE.torrent, 'not a torrent that can be used'],
  [EXIT_CODE.magnet, 'not a magnet link that can be used'],
  [EXIT_CODE.usage, 'wrong option or argument'],
  [EXIT_CODE.checksum, 'data does not match its hash'],
];

/** Whatever else a tracker or a peer does wrong is `network`. */
const TRACKER: Readonly<Partial<Record<TrackerError['code'], ExitName>>> = {
  TIMED_OUT: 'timedOut',
  NOT_RESOLVED: 'nameResolution',
  INVALID_URL: 'usage',
};

/** Whatever else nodes do wrong is `network`. */
const DHT: Readonly<Partial<Record<DhtError['code'], ExitName>>> = {
  TIMED_OUT: 'timedOut',
  NOT_RESOLVED: 'nameResolution',
};

const DHT_SEARCH: Readonly<Record<string, ExitName>> = { TIMED_OUT: 'timedOut' };

const PEER_WIRE: Readonly<Partial<Record<PeerWireError['code'], ExitName>>> = { TIMED_OUT: 'timedOut' };

/** What peers do wrong ends no download. */
const DOWNLOAD: Readonly<Partial<Record<DownloadError['code'], ExitName>>> = {
  NO_SOURCES: 'network',
  NOTHING_TO_SEED: 'unfinished',
  NO_METADATA: 'notFound',
  EXISTS: 'exists',
  UNSAFE_TARGET: 'io',
  CHANGED: 'io',
  LOCKED: 'busy',
  NO_SPACE: 'diskFull',
  NOT_WRITABLE: 'io',
  NAME_TOO_LONG: 'io',
  IO: 'io',
  PEER_CORRUPT: 'checksum',
};

/** Torrents are unusable for many reasons; these are the ones where not even the encoding is right, or it is a link. */
const METAINFO: Readonly<Partial<Record<MetainfoError['code'], ExitName>>> = {
  NOT_BENCODE: 'bencode',
  TRAILING_BYTES: 'bencode',
  KEYS_NOT_SORTED: 'bencode',
  DUPLICATE_KEY: 'bencode',
  INVALID_MAGNET: 'magnet',
  MAGNET_TOO_LONG: 'magnet',
  FILE_CHANGED: 'io',
  FILE_LENGTH_MISMATCH: 'io',
  FILE_UNREADABLE: 'io',
  NAME_NOT_UTF8: 'usage',
  NO_CONTENT: 'usage',
};

const FETCH: Readonly<Record<string, ExitName>> = { TIMED_OUT: 'timedOut', INVALID_URL: 'usage' };

const SYSTEM: Readonly<Record<string, ExitName>> = {
  ENOSPC: 'diskFull',
  EDQUOT: 'diskFull',
  EEXIST: 'exists',
  ENOENT: 'io',
  EACCES: 'io',
  EPERM: 'io',
  EISDIR: 'io',
  ENOTDIR: 'io',
  EROFS: 'io',
  EMFILE: 'io',
  EIO: 'io',
  ENAMETOOLONG: 'io',
  ELOOP: 'io',
  ENOTFOUND: 'nameResolution',
  EAI_AGAIN: 'nameResolution',
  ETIMEDOUT: 'timedOut',
  ECONNREFUSED: 'network',
  ECONNRESET: 'network',
  EHOSTUNREACH: 'network',
  ENETUNREACH: 'network',
  EADDRNOTAVAIL: 'network',
  EPIPE: 'network',
};

/**
 * Returns the exit code for what ended a command. Errors are told by name and code, not by class, so that no
 * layer is loaded to ask, and those of another installed copy count as well.
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return SIGNAL_EXIT_CODE[error.interruptedBy];
  return EXIT_CODE[exitNameOf(error)];
}

function exitNameOf(error: unknown): ExitName {
  if (!(error instanceof Error)) return 'unknown';
  const code = codeOf(error) ?? '';
  switch (error.name) {
    case 'UsageError':
      return 'usage';
    case 'BencodeError':
      return 'bencode';
    case 'MetainfoError':
      return lookUp(METAINFO, code) ?? (isOfMagnet(error) ? 'magnet' : 'torrent');
    case 'TrackerError':
      return lookUp(TRACKER, code) ?? 'network';
    case 'DhtError':
      return lookUp(DHT, code) ?? 'network';
    case 'DhtSearchError':
      return lookUp(DHT_SEARCH, code) ?? 'notFound';
    case 'PeerWireError':
      return lookUp(PEER_WIRE, code) ?? 'network';
    case 'DownloadError':
      return lookUp(DOWNLOAD, code) ?? 'unknown';
    case 'FetchError':
      return lookUp(FETCH, code) ?? lookUp(SYSTEM, code) ?? 'network';
    case 'NoPeersError':
      return 'notFound';
    default:
      if ('syscall' in error && error.syscall === 'mkdir' && code !== 'ENOSPC') return 'folder';
      return lookUp(SYSTEM, code) ?? 'unknown';
  }
}

/** A link and a torrent lack the same things; the name of the field tells which it was. */
function isOfMagnet(error: Error): boolean {
  const detail = 'detail' in error ? error.detail : undefined;
  const isNamed = typeof detail === 'object' && detail !== null && 'field' in detail;
  return isNamed && String(detail.field).startsWith('magnet');
}

/** Returns the `code` of an error that has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function lookUp(table: Readonly<Partial<Record<string, ExitName>>>, code: string): ExitName | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}
