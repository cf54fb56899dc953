import { BLOCK_LENGTH } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';

/** Times in a row that a peer may keep us waiting for `requestTimeoutMs`. */
const MAX_SNUBS = 3;

/**
 * Asks one peer for blocks, and takes back what it owes for too long. A block asked of this peer is in its pipeline and
 * noted in its open piece, both or neither.
 */
export class PeerRequests {
  readonly #peer: TorrentPeer;
  readonly #owner: PeerOwner;
  #lastBlockMs: number;
  /** For how long it has had nothing to do while it could; chokes in between do not count. */
  #idleMs = 0;
  #lastTickMs: number;
  #snubCount = 0;
  #forgivenCount = 0;

  constructor(peer: TorrentPeer, owner: PeerOwner) {
    this.#peer = peer;
    this.#owner = owner;
    const nowMs = owner.now();
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  /** Requests taken back: their blocks may still be on the way. */
  get forgivenCount(): number {
    return this.#forgivenCount;
  }

  /** Queues requests while there is room. */
  ask(nowMs: number, isIdle = false): void {
    const { session, pipeline, key } = this.#peer;
    if (!this.#mayAsk) return;
    if (this.#owner.isBehind) {
      this.#owner.onStarved(this.#peer);
      return;
    }
    for (let room = pipeline.room; room > 0; room -= 1) {
      const choice = this.#owner.blocks.pick(key, session.remoteHave, isIdle);
      if (choice === undefined) {
        this.#owner.onStarved(this.#peer);
        return;
      }
      const { piece, block } = choice;
      session.request(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
      pipeline.sent(piece.index, block, nowMs);
    }
  }

  /** A block that was asked for came. */
  answered(nowMs: number): void {
    this.#lastBlockMs = nowMs;
    this.#snubCount = 0;
  }

  /** Begins every patience anew. */
  excuse(nowMs: number): void {
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  /** Takes requests back that are owed for too long. @throws {DownloadError} `PEER_STALLED` */
  checkOwed(nowMs: number): void {
    const { pipeline } = this.#peer;
    const { oldestSentMs } = pipeline;
    if (oldestSentMs === undefined) return;
    const silentMs = nowMs - Math.max(oldestSentMs, this.#lastBlockMs);
    if (silentMs < this.#owner.requestTimeoutMs) return;
    this.#snubCount += 1;
    if (this.#snubCount >= MAX_SNUBS) {
      throw new DownloadError({ code: 'PEER_STALLED', silentMs: silentMs * this.#snubCount });
    }
    pipeline.snub();
    this.takeBack();
    this.#owner.onReleased();
  }

  /** Finds work for a peer that has none while others hold up what it could send. */
  checkIdle(nowMs: number): void {
    const { pipeline } = this.#peer;
    const sinceTickMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (pipeline.inFlight > 0) this.#idleMs = 0;
    else if (this.#mayAsk && !this.#owner.isBehind) {
      this.ask(nowMs, true);
      if (pipeline.inFlight > 0) return;
      this.#idleMs += sinceTickMs;
      this.#owner.onIdle(this.#peer, this.#idleMs);
    }
  }

  /** Cancels every request. */
  takeBack(): void {
    const { session, key } = this.#peer;
    this.letGo((index, begin, length) => session.cancel(index, begin, length));
    this.#owner.blocks.pausePeer(key);
  }

  /** Cancels one request, if it was made. */
  cancel(piece: OpenPiece, block: number): void {
    const { session, pipeline, key } = this.#peer;
    if (!pipeline.release(piece.index, block)) return;
    this.#forgivenCount += 1;
    piece.released(block, key);
    session.cancel(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
  }

  /** Lets go of every request. The memory of their blocks is not written to any more. */
  letGo(each?: (index: number, begin: number, length: number) => void): void {
    const { session, pipeline, key } = this.#peer;
    const { blocks } = this.#owner;
    session.skipBlock();
    pipeline.releaseAll((index, block) => {
      this.#forgivenCount += 1;
      const length = blocks.openPiece(index)?.blockLength(block);
      if (length !== undefined) each?.(index, block * BLOCK_LENGTH, length);
      blocks.release(index, block, key);
    });
  }

  get #mayAsk(): boolean {
    return !this.#peer.session.remote.choking && this.#peer.leftCount > 0;
  }
}
