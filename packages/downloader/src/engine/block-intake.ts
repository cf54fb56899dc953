import { BLOCK_LENGTH, type BlockRange } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerRequests } from './peer-requests.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';

/** Blocks that nobody asked for, beyond those that crossed a cancel, before the peer is dropped. */
const MAX_UNREQUESTED = 64;

/** Takes in the blocks of one peer. Each goes straight to its piece, unless another peer is writing it: then whoever is first wins. */
export class BlockIntake {
  readonly #peer: TorrentPeer;
  readonly #owner: PeerOwner;
  readonly #requests: PeerRequests;
  #unrequestedCount = 0;
  /** Memory for a block that another peer is writing. */
  #scratch: Uint8Array | undefined;

  constructor(peer: TorrentPeer, owner: PeerOwner, requests: PeerRequests) {
    this.#peer = peer;
    this.#owner = owner;
    this.#requests = requests;
  }

  /** Names the memory that a block belongs in, `undefined` if it is not wanted. */
  target({ index, begin, length }: BlockRange): Uint8Array | undefined {
    const { key, pipeline } = this.#peer;
    const block = begin / BLOCK_LENGTH;
    const piece = this.#owner.blocks.openPiece(index);
    if (piece === undefined || !pipeline.has(index, block) || piece.isReceived(block)) return undefined;
    if (length !== piece.blockLength(block)) return undefined;
    const writer = piece.writer(block);
    if (writer === undefined || writer === key) return piece.open(block, key);
    this.#scratch ??= this.#owner.scratch.take();
    return this.#scratch?.subarray(0, length);
  }

  /** Takes a block whose bytes are in `memory`, `undefined` if they were skipped. */
  take({ index, begin, length }: BlockRange, memory: Uint8Array | undefined, nowMs: number): void {
    const peer = this.#peer;
    const block = begin / BLOCK_LENGTH;
    if (!peer.pipeline.received(index, block, length, nowMs)) {
      this.#countUnrequested(length);
      return;
    }
    this.#requests.answered(nowMs);
    const piece = this.#owner.blocks.openPiece(index);
    if (piece === undefined || piece.isReceived(block) || memory === undefined) {
      this.#owner.blocks.release(index, block, peer.key);
      this.#owner.onWaste(length);
      if (piece !== undefined && length !== piece.blockLength(block)) {
        throw new DownloadError({ code: 'PEER_BLOCK_LENGTH', length, expected: piece.blockLength(block) });
      }
      return;
    }
    if (memory.buffer === this.#scratch?.buffer) this.#keep(piece, block, memory);
    piece.received(block, peer.key);
    peer.lastUseMs = nowMs;
    peer.usefulLength += length;
    this.#owner.onBlock(peer, piece, block);
  }

  /** Nothing is being received any more. */
  end(): void {
    if (this.#scratch !== undefined) this.#owner.scratch.give(this.#scratch);
    this.#scratch = undefined;
  }

  /** We were first with a block that another peer is writing: its writing ends, ours is kept. */
  #keep(piece: OpenPiece, block: number, memory: Uint8Array): void {
    const writer = piece.writer(block);
    if (writer !== undefined && writer !== this.#peer.key) this.#owner.detachWriter(writer);
    piece.open(block, this.#peer.key).set(memory);
    this.end();
  }

  #countUnrequested(length: number): void {
    this.#owner.onWaste(length);
    this.#unrequestedCount += 1;
    const blocks = this.#unrequestedCount - this.#requests.forgivenCount;
    if (blocks > MAX_UNREQUESTED) throw new DownloadError({ code: 'PEER_UNREQUESTED', blocks });
  }
}
