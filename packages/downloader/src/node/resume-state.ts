import { BencodeError, decode, encode, scan } from '@millrace/bencode';
import { bytes, dict, int, text } from '@millrace/bencode/schema';
import { sha1 } from '@millrace/metainfo';
import { Bitfield, PeerWireError } from '@millrace/peer-wire';
import type { TransferTotals } from '../statistics.ts';
import { STAMP_FIGURES } from './file-stamps.ts';

/** Which torrent, and which copy of it, a state is of. */
export interface ResumeIdentity {
  readonly infoHash: Uint8Array;
  /** Where the content is: a text that only has to be the same again. */
  readonly root: string;
  readonly pieceCount: number;
  readonly totalLength: number;
  readonly fileCount: number;
}

/** What is remembered of a download from run to run. */
export interface ResumeState {
  /** Whether nothing was being written when it was saved: a piece that it does not name is not there. */
  readonly isClean: boolean;
  /** The pieces that were verified. */
  readonly pieces: Bitfield;
  /** How each file was left: see `FileStamps`. */
  readonly stamps: BigInt64Array<ArrayBuffer>;
  /** Files whose data may not have reached the disk when this was saved. */
  readonly unsynced: Bitfield;
  /** During which run of the system it was saved; empty where that is not known. */
  readonly boot: Uint8Array;
  /** The files that were to be downloaded; `undefined` for all. */
  readonly selected: Bitfield | undefined;
  /** Whether all of those were there. */
  readonly isFinished: boolean;
  /** Of all runs. */
  readonly totals: TransferTotals;
}

const VERSION = 1;
const MAX_ROOT_LENGTH = 65_536;
const STAMP_LENGTH = STAMP_FIGURES * 8;

/**
 * Encodes a state.
 *
 * ```text
 * d 6:digest   SHA-1 of the bytes of the value of "state"
 *   5:state    d 4:boot … e
 *   7:version  1
 * e
 * ```
 *
 * Pieces and files are sets of bits as in BEP 3; a stamp is three 64-bit integers, the highest byte first: length, time in
 * nanoseconds, inode.
 */
export function encodeResumeState(state: ResumeState, identity: ResumeIdentity): Uint8Array {
  const inner = {
    boot: state.boot,
    clean: Number(state.isClean),
    downloaded: state.totals.downloadedBytes,
    finished: Number(state.isFinished),
    'info hash': identity.infoHash,
    length: identity.totalLength,
    pieces: state.pieces.encode(),
    root: identity.root,
    ...(state.selected && { selected: state.selected.encode() }),
    stamps: packed(state.stamps),
    unsynced: state.unsynced.encode(),
    uploaded: state.totals.uploadedBytes,
  };
  return encode({ digest: sha1(encode(inner)), state: inner, version: VERSION });
}

/** Returns how long a state can be at most, in bytes. */
export function maxResumeStateLength({ pieceCount, fileCount }: ResumeIdentity): number {
  return 4_096 + MAX_ROOT_LENGTH + pieceCount + fileCount * (STAMP_LENGTH + 1);
}

/** Decodes a state. What is torn, of a version to come, or of another torrent or copy is `undefined`. */
export function decodeResumeState(input: Uint8Array, identity: ResumeIdentity): ResumeState | undefined {
  try {
    return decodeOwn(input, identity);
  } catch (error) {
    if (BencodeError.is(error) || PeerWireError.is(error)) return undefined;
    throw error;
  }
}

/** Returns where the content of a state is or was, whatever torrent it is of. */
export function rootOfResumeState(input: Uint8Array): string | undefined {
  try {
    return dict({ state: dict({ root: text({ maxBytes: MAX_ROOT_LENGTH }) }) }).read(decode(input)).state
      .root;
  } catch (error) {
    if (BencodeError.is(error)) return undefined;
    throw error;
  }
}

const outerReader = dict({ digest: bytes(20), version: int({ min: VERSION, max: VERSION }) });

function decodeOwn(input: Uint8Array, identity: ResumeIdentity): ResumeState | undefined {
  const root = scan(input);
  const { digest } = outerReader.read(root.value());
  const inner = root.get('state');
  if (inner === undefined || !isEqual(sha1(inner.raw), digest)) return undefined;
  const flag = int({ min: 0, max: 1 });
  const count = int({ min: 0 });
  const found = dict({
    boot: bytes({ max: 64 }),
    clean: flag,
    downloaded: count,
    finished: flag,
    'info hash': bytes(20),
    length: count,
    pieces: bytes(),
    root: bytes({ max: MAX_ROOT_LENGTH }),
    selected: bytes().optional(),
    stamps: bytes(identity.fileCount * STAMP_LENGTH),
    unsynced: bytes(),
    uploaded: count,
  }).read(inner.value());
  const isOurs =
    isEqual(found['info hash'], identity.infoHash) &&
    found.length === identity.totalLength &&
    isEqual(found.root, new TextEncoder().encode(identity.root));
  if (!isOurs) return undefined;
  const { fileCount, pieceCount } = identity;
  return {
    isClean: found.clean === 1,
    pieces: Bitfield.decode(found.pieces, pieceCount),
    stamps: unpacked(found.stamps),
    unsynced: Bitfield.decode(found.unsynced, fileCount),
    boot: found.boot.slice(),
    selected: found.selected && Bitfield.decode(found.selected, fileCount),
    isFinished: found.finished === 1,
    totals: { downloadedBytes: found.downloaded, uploadedBytes: found.uploaded },
  };
}

function packed(figures: BigInt64Array): Uint8Array {
  const result = new Uint8Array(figures.length * 8);
  const view = new DataView(result.buffer);
  for (const [at, figure] of figures.entries()) view.setBigInt64(at * 8, figure);
  return result;
}

function unpacked({ buffer, byteOffset, byteLength }: Uint8Array): BigInt64Array<ArrayBuffer> {
  const view = new DataView(buffer, byteOffset, byteLength);
  return BigInt64Array.from({ length: byteLength / 8 }, (_, at) => view.getBigInt64(at * 8));
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
