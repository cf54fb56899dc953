import { BLOCK_LENGTH } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { BlockChoice } from '../policy/endgame.ts';
import type { RateShare } from '../policy/rate-limiter.ts';
import { Refusals } from '../policy/refusals.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';

/** Time without anything to do after which a peer is asked for what another owes, while memory is spent. */
const MIN_IDLE_MS = 2_000;
/** Times in a row that a peer may keep us waiting for `requestTimeoutMs`. */
const MAX_SNUBS = 3;
/**
 * Time allowed for an answer to what was asked before a choke. With the fast extension a peer answers it, with the block
 * or with a reject, and does so at once; before that, no other is asked.
 */
const CHOKED_PATIENCE_MS = 5_000;
/** Pieces that a peer may let us have while it chokes us; more than that are not kept in mind. */
const MAX_ALLOWED = 100;

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
  readonly #refusals = new Refusals();
  /** Pieces that it lets us have while it chokes us. */
  readonly #allowed = new Set<number>();
  #chokedMs = 0;
  readonly #share: RateShare;

  constructor(peer: TorrentPeer, owner: PeerOwner) {
    this.#peer = peer;
    this.#owner = owner;
    this.#share = owner.downloadLimiter.share((turnMs) => peer.pump(turnMs));
    const nowMs = owner.now();
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  /** Requests taken back: their blocks may still be on the way. */
  get forgivenCount(): number {
    return this.#forgivenCount;
  }

  /** Whether it waits for its turn: as much is asked for as our limit allows. */
  get isHeldBack(): boolean {
    return this.#share.isWaiting;
  }

  /** Queues requests while there is room. */
  ask(nowMs: number, isIdle = false): void {
    const { session, pipeline, key } = this.#peer;
    if (!this.#mayAsk(nowMs)) return;
    if (this.#owner.isBehind) {
      this.#owner.starved.add(this.#peer);
      return;
    }
    const { blocks } = this.#owner;
    for (let room = pipeline.room; room > 0; room -= 1) {
      if (!this.#share.take(BLOCK_LENGTH, nowMs)) return; // `pump` follows
      const choice = session.remote.choking
        ? blocks.pickAmong(key, this.#allowedPieces(), nowMs)
        : (blocks.pick(key, session.remoteHave, nowMs) ?? this.#pickOwed(nowMs, isIdle));
      if (choice === undefined) {
        this.#share.giveBack(BLOCK_LENGTH);
        this.#owner.starved.add(this.#peer);
        return;
      }
      const { piece, block } = choice;
      const length = piece.blockLength(block);
      if (length < BLOCK_LENGTH) this.#share.giveBack(BLOCK_LENGTH - length);
      session.request(piece.index, block * BLOCK_LENGTH, length);
      pipeline.sent(piece.index, block, nowMs);
    }
  }

  /** A block that was asked for came. */
  answered(nowMs: number): void {
    this.#lastBlockMs = nowMs;
    this.#snubCount = 0;
    this.#refusals.answered();
  }

  /** The peer chokes us. BEP 3 takes that for an answer to every request; with BEP 6 each gets its own. */
  choked(nowMs: number): void {
    const { session, key } = this.#peer;
    this.#chokedMs = nowMs;
    // Rejects that came just before were about this.
    this.#forgive(this.#refusals.takeBack());
    if (!session.isFast) this.letGo();
    this.#owner.blocks.pausePeer(key);
    this.#owner.starved.feed();
  }

  /** The peer will not send a block that it was asked for. */
  rejected(index: number, begin: number, nowMs: number): void {
    const { session, pipeline, key } = this.#peer;
    const block = begin / BLOCK_LENGTH;
    if (!pipeline.release(index, block)) return;
    this.#share.giveBack(BLOCK_LENGTH);
    this.#owner.blocks.release(index, block, key);
    // It does not let us have the piece after all.
    if (session.remote.choking) this.#allowed.delete(index);
    else if (this.#refusals.refuse(index, nowMs)) this.#refuse(index);
    this.#owner.blocks.pausePeer(key);
    this.#owner.starved.feed();
  }

  /** The peer lets us have a piece while it chokes us. */
  allow(index: number): void {
    if (this.#allowed.size < MAX_ALLOWED) this.#allowed.add(index);
  }

  /** Begins every patience anew. */
  excuse(nowMs: number): void {
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
  }

  /** Takes requests back that are owed for too long. @throws {DownloadError} `PEER_STALLED` */
  checkOwed(nowMs: number): void {
    const { pipeline, session } = this.#peer;
    const refused = this.#refusals.takeOver(nowMs);
    if (refused.length > 0) {
      pipeline.refused();
      this.#forgive(refused);
    }
    const { oldestSentMs } = pipeline;
    if (oldestSentMs === undefined) return;
    const silentMs = nowMs - Math.max(oldestSentMs, this.#lastBlockMs);
    if (session.remote.choking && oldestSentMs <= this.#chokedMs) {
      const sinceMs = Math.min(silentMs, nowMs - this.#chokedMs);
      if (sinceMs >= CHOKED_PATIENCE_MS) this.#release();
    } else if (silentMs >= this.#owner.requestTimeoutMs) {
      this.#snubCount += 1;
      if (this.#snubCount >= MAX_SNUBS) {
        throw new DownloadError({ code: 'PEER_STALLED', silentMs: silentMs * this.#snubCount });
      }
      pipeline.snub();
      this.#release();
    }
  }

  /** Finds work for a peer that has none while others hold up what it could send. */
  checkIdle(nowMs: number): void {
    const { pipeline, session } = this.#peer;
    const sinceTickMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (pipeline.inFlight > 0) this.#idleMs = 0;
    else if (!session.remote.choking && this.#mayAsk(nowMs) && !this.#owner.isBehind) {
      this.ask(nowMs, this.#idleMs >= MIN_IDLE_MS);
      if (pipeline.inFlight > 0) return;
      this.#idleMs += sinceTickMs;
      this.#owner.starved.heldUp(this.#peer, this.#idleMs);
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
    this.#share.giveBack(BLOCK_LENGTH);
    this.#forgivenCount += 1;
    piece.released(block, key);
    session.cancel(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
  }

  /** Lets go of every request. The memory of their blocks is not written to any more. */
  letGo(each?: (index: number, begin: number, length: number) => void): void {
    const { session, pipeline, key } = this.#peer;
    const { blocks } = this.#owner;
    this.#share.leave();
    session.skipBlock();
    pipeline.releaseAll((index, block) => {
      this.#forgivenCount += 1;
      this.#share.giveBack(BLOCK_LENGTH);
      const length = blocks.openPiece(index)?.blockLength(block);
      if (length !== undefined) each?.(index, block * BLOCK_LENGTH, length);
      blocks.release(index, block, key);
    });
  }

  /** Whether the peer is one that gives us nothing, now and as far as can be seen. */
  isRefusing(nowMs: number): boolean {
    return this.#peer.session.remote.choking || this.#refusals.isPaused(nowMs);
  }

  #mayAsk(nowMs: number): boolean {
    const { session, leftCount } = this.#peer;
    if (leftCount === 0 || (session.remote.choking && this.#allowed.size === 0)) return false;
    return !this.#refusals.isPaused(nowMs);
  }

  #pickOwed(nowMs: number, isIdle: boolean): BlockChoice | undefined {
    const { session, pipeline, key } = this.#peer;
    const { latencyMs } = pipeline;
    return this.#owner.blocks.pickOwed(key, session.remoteHave, { nowMs, latencyMs, isIdle });
  }

  *#allowedPieces(): Generator<number, void, void> {
    const { remoteHave } = this.#peer.session;
    for (const index of this.#allowed) if (remoteHave.has(index)) yield index;
  }

  #refuse(index: number): void {
    const { blocks, claims } = this.#owner;
    const piece = blocks.openPiece(index);
    claims.refused(this.#peer, index);
    // No one else may be asked for the rest of it: another begins it anew.
    if (piece?.exclusiveTo !== this.#peer.key) return;
    this.takeBack();
    blocks.giveUp(piece);
  }

  #release(): void {
    this.takeBack();
    this.#owner.starved.feed();
  }

  #forgive(pieces: readonly number[]): void {
    for (const index of pieces) this.#owner.claims.forgiven(this.#peer, index);
  }
}
