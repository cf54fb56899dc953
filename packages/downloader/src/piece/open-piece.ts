import { BLOCK_LENGTH, type PieceLayout } from '@millrace/metainfo';
import type { PeerKey } from '../policy/piece-picker.ts';
import { cutIntoBlocks, type PieceBuffer, type PieceBuffers } from './piece-buffers.ts';

const NO_PEER = -1;
/** Peers that may be asked for one block: a second one at the very end. */
const MAX_ASKED = 2;

/**
 * A piece on its way. Each block is unrequested, requested (of one peer, or of two at the end), or received; the
 * memory of a block that is not received has at most one writer.
 */
export class OpenPiece {
  readonly index: number;
  readonly length: number;
  readonly blockCount: number;
  /** When it was first asked for, by the clock of whoever asks. */
  begunMs = 0;
  /** When a block of it that no one owed was last asked for. */
  askedMs = 0;
  /** The only peer asked, after a try in which several peers shared a piece that failed its hash. */
  exclusiveTo: PeerKey | undefined;
  readonly isExclusive: boolean;
  readonly #buffers: PieceBuffers;
  #buffer: PieceBuffer | undefined;
  /** The peers asked for each block and not released since: {@link MAX_ASKED} places a block. */
  readonly #asked: PeerKey[];
  readonly #isReceived: boolean[];
  /** The peer whose bytes are in each block, or are being written to it. */
  readonly #writers: PeerKey[];
  #unrequestedCount: number;
  #receivedCount = 0;
  /** No block before this one is unrequested. */
  #cursor = 0;

  constructor(index: number, layout: PieceLayout, buffers: PieceBuffers, isExclusive: boolean) {
    this.index = index;
    this.#buffers = buffers;
    this.isExclusive = isExclusive;
    this.length = layout.pieceLength(index);
    this.blockCount = layout.blockCount(index);
    // Plain arrays: typed ones this short cost more to make than all that is done with them.
    this.#asked = filled(this.blockCount * MAX_ASKED, NO_PEER);
    this.#isReceived = filled(this.blockCount, false);
    this.#writers = filled(this.blockCount, NO_PEER);
    this.#unrequestedCount = this.blockCount;
  }

  get unrequestedCount(): number {
    return this.#unrequestedCount;
  }

  get receivedCount(): number {
    return this.#receivedCount;
  }

  get isComplete(): boolean {
    return this.#receivedCount === this.blockCount;
  }

  /** Whether `peer` may be asked for blocks of it. */
  allows(peer: PeerKey): boolean {
    return !this.isExclusive || this.exclusiveTo === undefined || this.exclusiveTo === peer;
  }

  blockLength(block: number): number {
    return Math.min(BLOCK_LENGTH, this.length - block * BLOCK_LENGTH);
  }

  isReceived(block: number): boolean {
    return this.#isReceived[block] === true;
  }

  /** Whether one more peer may be asked for a block: one that was not asked for it yet. */
  mayAsk(block: number, peer: PeerKey): boolean {
    const first = this.#asked[block * MAX_ASKED];
    const second = this.#asked[block * MAX_ASKED + 1];
    if (first === peer || second === peer || this.isReceived(block)) return false;
    return first === NO_PEER || second === NO_PEER;
  }

  /** Whether anyone was asked for a block and still owes it. */
  isAsked(block: number): boolean {
    const at = block * MAX_ASKED;
    return this.#asked[at] !== NO_PEER || this.#asked[at + 1] !== NO_PEER;
  }

  /** The peers that were asked for a block and still owe it. */
  asked(block: number): readonly PeerKey[] {
    const asked = this.#asked.slice(block * MAX_ASKED, (block + 1) * MAX_ASKED);
    return asked.filter((peer) => peer !== NO_PEER);
  }

  /** Returns the first block that no one was asked for, `undefined` if there is none. */
  firstUnrequested(): number | undefined {
    if (this.#unrequestedCount === 0) return undefined;
    while (this.isReceived(this.#cursor) || this.isAsked(this.#cursor)) this.#cursor += 1;
    return this.#cursor;
  }

  /** Notes that a peer was asked for a block. */
  requested(block: number, peer: PeerKey, nowMs: number): void {
    if (this.isExclusive) this.exclusiveTo = peer;
    if (this.#unrequestedCount === this.blockCount) this.begunMs = nowMs;
    if (!this.isAsked(block) && !this.isReceived(block)) {
      this.#unrequestedCount -= 1;
      this.askedMs = nowMs;
    }
    this.#replace(block, NO_PEER, peer);
  }

  /** Notes that a peer will not send a block: it choked us, left, was told to cancel, or owes it for too long. */
  released(block: number, peer: PeerKey): void {
    this.#replace(block, peer, NO_PEER);
    if (this.isReceived(block)) return;
    if (this.#writers[block] === peer) this.#writers[block] = NO_PEER;
    if (this.isAsked(block)) return;
    this.#unrequestedCount += 1;
    this.#cursor = Math.min(this.#cursor, block);
  }

  /** The peer that is writing a block now. */
  writer(block: number): PeerKey | undefined {
    const writer = this.#writers[block] ?? NO_PEER;
    return writer === NO_PEER || this.isReceived(block) ? undefined : writer;
  }

  /** Returns the memory of a block, with `peer` as its only writer from now on. */
  open(block: number, peer: PeerKey): Uint8Array {
    this.#writers[block] = peer;
    this.#buffer ??= this.#buffers.take();
    const memory = this.#buffer.blocks[block] ?? this.#buffer.bytes;
    const length = this.blockLength(block);
    return memory.length === length ? memory : memory.subarray(0, length);
  }

  /** Notes that a block's bytes, from `peer`, are all in its memory. */
  received(block: number, peer: PeerKey): void {
    this.#writers[block] = peer;
    this.#isReceived[block] = true;
    this.#replace(block, peer, NO_PEER);
    this.#receivedCount += 1;
  }

  /** The peers whose blocks it is made of. */
  contributors(): ReadonlySet<PeerKey> {
    const peers = new Set<PeerKey>();
    let last = NO_PEER;
    for (let block = 0; block < this.blockCount; block += 1) {
      const peer = this.#writers[block] ?? NO_PEER;
      if (peer === last || !this.isReceived(block)) continue;
      peers.add(peer);
      last = peer;
    }
    return peers;
  }

  /** The peer whose bytes are in a block, once it is received. */
  contributor(block: number): PeerKey {
    return this.#writers[block] ?? NO_PEER;
  }

  /** The whole piece, once it is complete: a view, until {@link close}. */
  bytes(): Uint8Array {
    this.#buffer ??= this.#buffers.take();
    const { bytes } = this.#buffer;
    return bytes.length === this.length ? bytes : bytes.subarray(0, this.length);
  }

  /** Takes other memory in place of its own, which is gone: a complete piece does not need it any more. */
  exchange(memory: Uint8Array): void {
    this.#buffer = cutIntoBlocks(memory);
  }

  /** Gives the memory back. The piece must not be used again. */
  close(): void {
    this.#buffers.release(this.#buffer);
    this.#buffer = undefined;
  }

  /** Puts `to` where `from` stands among the peers asked for a block. */
  #replace(block: number, from: PeerKey, to: PeerKey): void {
    const at = block * MAX_ASKED;
    if (this.#asked[at] === from) this.#asked[at] = to;
    else if (this.#asked[at + 1] === from) this.#asked[at + 1] = to;
  }
}

function filled<T>(length: number, value: T): T[] {
  const items: T[] = [];
  for (let at = 0; at < length; at += 1) items.push(value);
  return items;
}
