/** What kept a download from going on, keyed by `code`. `path` is the file or folder on disk. */
export type DownloadErrorDetail =
  | { readonly code: 'NO_SOURCES' }
  | {
      readonly code: 'NO_METADATA';
      readonly waitedMs: number;
      readonly peersKnown: number;
      /** Those that shook hands. */
      readonly peersReached: number;
    }
  | { readonly code: 'EXISTS'; readonly path: string; readonly found: string }
  | { readonly code: 'UNSAFE_TARGET'; readonly path: string; readonly found: string }
  | { readonly code: 'CHANGED'; readonly path: string; readonly found: string }
  | {
      readonly code: 'LOCKED';
      readonly path: string;
      /** The process that is at it, if that is known. */
      readonly processId: number | undefined;
    }
  | { readonly code: 'NO_SPACE'; readonly path: string }
  | { readonly code: 'NOT_WRITABLE'; readonly path: string }
  | { readonly code: 'NAME_TOO_LONG'; readonly path: string }
  | { readonly code: 'IO'; readonly path: string; readonly system: string }
  | { readonly code: 'WORKER_FAILED'; readonly found: string }
  | { readonly code: 'PEER_STALLED'; readonly silentMs: number }
  | { readonly code: 'PEER_UNREQUESTED'; readonly blocks: number }
  | { readonly code: 'PEER_BLOCK_LENGTH'; readonly length: number; readonly expected: number }
  | { readonly code: 'PEER_CORRUPT'; readonly pieceIndex: number }
  | { readonly code: 'PEER_NOT_NEEDED' }
  | { readonly code: 'PEER_DUPLICATE' }
  | {
      readonly code: 'PEER_REQUEST';
      readonly pieceIndex: number;
      readonly begin: number;
      readonly length: number;
    }
  | { readonly code: 'PEER_REQUEST_FLOOD'; readonly count: number }
  | { readonly code: 'PEER_NOT_READING'; readonly silentMs: number }
  | { readonly code: 'NOTHING_TO_SEED' }
  | { readonly code: 'TORRENT_UNKNOWN' }
  | { readonly code: 'TOO_MANY_CONNECTIONS' }
  | { readonly code: 'PEER_NO_METADATA' };

const BRAND = Symbol.for('@millrace/downloader/DownloadError');

/** Why a download ended, or why a peer was dropped; the data is in `detail`, keyed by `code`. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly detail: DownloadErrorDetail;

  constructor(detail: DownloadErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
    Object.defineProperty(this, BRAND, { value: true });
  }

  get code(): DownloadErrorDetail['code'] {
    return this.detail.code;
  }

  /** Tells a `DownloadError`, also one of another installed copy of this package. */
  static is(error: unknown): error is DownloadError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

function describe(detail: DownloadErrorDetail): string {
  switch (detail.code) {
    case 'NO_SOURCES':
      return 'Cannot download: the torrent names no tracker and no peer was given, expected at least one';
    case 'NO_METADATA': {
      const { waitedMs, peersKnown, peersReached } = detail;
      const who = `of ${peersKnown} peers known, ${peersReached} answered`;
      return `Cannot get metadata: no peer gave it in ${Math.round(waitedMs / 1_000)} s (${who}), expected one that has it`;
    }
    case 'EXISTS':
      return `Cannot write ${quote(detail.path)}: ${detail.found}, expected nothing there or a part of this download`;
    case 'UNSAFE_TARGET':
      return `Cannot write ${quote(detail.path)}: it is ${detail.found}, expected a plain file or folder of its own`;
    case 'CHANGED':
      return `Cannot go on with ${quote(detail.path)}: ${detail.found}, expected nobody else to change it`;
    case 'LOCKED': {
      const who = detail.processId === undefined ? 'another process' : `process ${detail.processId}`;
      return `Cannot use ${quote(detail.path)}: ${who} is at the same torrent, expected to be the only one`;
    }
    case 'NO_SPACE':
      return `Cannot write ${quote(detail.path)}: the disk is full, expected room for the rest`;
    case 'NOT_WRITABLE':
      return `Cannot write ${quote(detail.path)}: permission is denied, expected a folder that can be written to`;
    case 'NAME_TOO_LONG':
      return `Cannot write ${quote(detail.path)}: the name is too long for this file system`;
    case 'IO':
      return `Cannot use ${quote(detail.path)}: the system answered ${detail.system}`;
    case 'WORKER_FAILED':
      return `Cannot check or write pieces: the worker thread ${detail.found}, expected it to run until closed`;
    case 'PEER_STALLED':
      return `Cannot keep peer: it owed blocks for ${Math.round(detail.silentMs)} ms, expected some of them`;
    case 'PEER_UNREQUESTED':
      return `Cannot keep peer: it sent ${detail.blocks} blocks that were not requested`;
    case 'PEER_BLOCK_LENGTH':
      return `Cannot keep peer: it sent a block of ${detail.length} bytes, expected ${detail.expected}`;
    case 'PEER_CORRUPT':
      return `Cannot keep peer: its piece ${detail.pieceIndex} does not match the hash`;
    case 'PEER_NOT_NEEDED':
      return 'Cannot use peer: there is nothing left to fetch from it';
    case 'PEER_DUPLICATE':
      return 'Cannot keep peer: there is another connection with it';
    case 'PEER_REQUEST': {
      const { pieceIndex, begin, length } = detail;
      return `Cannot keep peer: it asked for ${length} bytes at ${begin} of piece ${pieceIndex}, expected a block of at most 131072 that there is`;
    }
    case 'PEER_REQUEST_FLOOD':
      return `Cannot keep peer: it made ${detail.count} requests in a row that cannot be answered`;
    case 'PEER_NOT_READING':
      return `Cannot keep peer: it took nothing for ${Math.round(detail.silentMs)} ms of what it asked for`;
    case 'NOTHING_TO_SEED':
      return 'Cannot seed: no piece of the torrent is there, expected its files';
    case 'TORRENT_UNKNOWN':
      return 'Cannot take connection: it is for a torrent that is not here';
    case 'TOO_MANY_CONNECTIONS':
      return 'Cannot take connection: there are as many as there may be';
    case 'PEER_NO_METADATA':
      return 'Cannot use peer: it has no metadata to give';
  }
}

/** Quotes a path with control and direction characters made visible. */
function quote(path: string): string {
  return JSON.stringify(path).replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
