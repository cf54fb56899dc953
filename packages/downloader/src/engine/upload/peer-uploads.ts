import { BLOCK_LENGTH, type PieceLayout } from '@millrace/metainfo';
import { PIECE_HEADER_LENGTH, putPieceHeader, type PeerSession } from '@millrace/peer-wire';
import { DownloadError } from '../../error.ts';
import type { PeerKey } from '../../policy/piece-picker.ts';
import type { RateShare } from '../../policy/rate-limiter.ts';
import { MAX_RUN, type SendBuffer } from './send-buffers.ts';
import { UploadQueue } from './upload-queue.ts';
import type { Uploads } from './uploads.ts';

/** Requests that a peer may leave with us. */
export const REQUEST_QUEUE_LENGTH = 500;
/** Longest block that is sent, in bytes: clients ask for 16 KiB, some old ones for more. */
const MAX_BLOCK_LENGTH = 128 * 1024;
/** Requests that cannot be answered, in a row, before the peer is dropped: those that crossed a choke are fewer. */
const MAX_VAIN = 2 * REQUEST_QUEUE_LENGTH;
/** Buffers on their way to one peer. */
const MAX_BUFFERS = 2;
/** Blocks on their way to a peer of which we know nothing yet, and at the least. */
const FIRST_WINDOW = 8;
const MIN_WINDOW = 2;
/** A run that was taken sooner than this deserves a longer one; one that took longer than that, a shorter one. */
const QUICK_MS = 100;
const SLOW_MS = 1_000;
/** Time in which a peer must take something of what is on its way. */
const MAX_STALL_MS = 60_000;

/** Blocks of one length that follow each other in a piece. */
interface Run {
  readonly index: number;
  readonly begin: number;
  readonly blockLength: number;
  readonly count: number;
}

/** What uploads need of their peer. */
export interface UploadingPeer {
  readonly key: PeerKey;
  readonly session: PeerSession;
  /** Writes what waits in the session, and then `bytes`; calls `onSent` when the system has taken them. */
  send(bytes: Uint8Array, onSent: () => void): void;
  /** Writes what waits in the session. */
  flush(): void;
  close(reason: unknown): void;
}

/**
 * Answers the requests of one peer. A request waits in the queue, is on its way, or was answered with a reject, never two.
 * Blocks that follow each other in a piece are read and sent as one run; how long a run may be follows how fast the peer
 * takes them, so that what cannot be taken back any more is about a tenth of a second's worth.
 */
export class PeerUploads {
  readonly #peer: UploadingPeer;
  readonly #uploads: Uploads;
  readonly #layout: PieceLayout;
  readonly #queue = new UploadQueue(REQUEST_QUEUE_LENGTH);
  readonly #share: RateShare;
  /** Pieces that it may have while it is choked. */
  #allowed: ReadonlySet<number> = new Set();
  /** Buffers on their way. */
  readonly #sending = new Set<SendBuffer>();
  #isReading = false;
  #isClosed = false;
  #window = FIRST_WINDOW;
  #vainCount = 0;
  #uploadedLength = 0;
  #lastSentMs: number;

  constructor(peer: UploadingPeer, uploads: Uploads) {
    this.#peer = peer;
    this.#uploads = uploads;
    this.#layout = uploads.layout;
    this.#lastSentMs = uploads.now();
    this.#share = uploads.share(() => this.pump());
  }

  /** Block bytes that the system has taken. */
  get uploadedLength(): number {
    return this.#uploadedLength;
  }

  /** Requests that wait. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  /** Lets the peer have some pieces while it is choked, and tells it. */
  allow(pieces: readonly number[]): void {
    this.#allowed = new Set(pieces);
    for (const index of pieces) this.#peer.session.send({ type: 'allowedFast', index });
  }

  /** Takes a request; {@link pump} answers it. @throws {DownloadError} `PEER_REQUEST`, `PEER_REQUEST_FLOOD` */
  request(index: number, begin: number, length: number): void {
    this.#check(index, begin, length);
    if (
      this.#mayHave(index) &&
      this.#uploads.shows(index, this.#peer.key) &&
      this.#queue.push(index, begin, length)
    ) {
      this.#vainCount = 0;
      return;
    }
    this.#vainCount += 1;
    if (this.#vainCount > MAX_VAIN)
      throw new DownloadError({ code: 'PEER_REQUEST_FLOOD', count: this.#vainCount });
    this.#reject(index, begin, length);
  }

  /** The peer takes a request back. Without the fast extension there is no answer. */
  cancel(index: number, begin: number, length: number): void {
    if (this.#queue.remove(index, begin, length)) this.#reject(index, begin, length);
  }

  /** Chokes or unchokes the peer. What it asked for and will not get is rejected. */
  choke(isChoked: boolean): void {
    const { session } = this.#peer;
    if (session.local.choking === isChoked) return;
    session.send({ type: isChoked ? 'choke' : 'unchoke' });
    if (isChoked) {
      this.#queue.removeIf((index, begin, length) => {
        if (session.isFast && this.#mayHave(index)) return false;
        this.#reject(index, begin, length);
        return true;
      });
    }
    this.#peer.flush();
  }

  /** We have a piece no longer. */
  lost(index: number): void {
    this.#queue.removeIf((asked, begin, length) => {
      if (asked !== index) return false;
      this.#reject(asked, begin, length);
      return true;
    });
  }

  /** Sends as many blocks as may be on their way. */
  readonly pump = (): void => {
    while (this.#queue.length > 0 && this.#mayStart()) {
      const count = this.#nextRun();
      if (count === 0) return;
      const buffer = this.#uploads.buffers.take(this.pump);
      if (buffer === undefined) {
        this.#giveBack(count);
        return;
      }
      this.#start(buffer, count);
    }
    if (this.#queue.length === 0) this.#share.leave();
  };

  /** @throws {DownloadError} `PEER_NOT_READING` if the peer takes nothing of what it asked for. */
  tick(nowMs: number): void {
    const stalledMs = nowMs - this.#lastSentMs;
    if (this.#sending.size > 0 && stalledMs >= MAX_STALL_MS)
      throw new DownloadError({ code: 'PEER_NOT_READING', silentMs: stalledMs });
  }

  /** Begins every patience anew. */
  excuse(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  /** The connection is over: nothing is written any more. */
  close(): void {
    this.#isClosed = true;
    this.#queue.removeIf(() => true);
    this.#share.leave();
    this.#uploads.buffers.leave(this.pump);
    for (const buffer of this.#sending) this.#uploads.buffers.give(buffer);
    this.#sending.clear();
  }

  /** Who is choked may have a few pieces to begin with, and no more than that. */
  #mayHave(index: number): boolean {
    const { local, remoteHave } = this.#peer.session;
    return !local.choking || (this.#allowed.has(index) && remoteHave.count < this.#allowed.size);
  }

  #mayStart(): boolean {
    const max = this.#window > MAX_RUN ? MAX_BUFFERS : 1;
    return !this.#isClosed && !this.#isReading && this.#sending.size < max;
  }

  #check(index: number, begin: number, length: number): void {
    const isSane =
      index < this.#layout.pieceCount &&
      length > 0 &&
      length <= MAX_BLOCK_LENGTH &&
      begin + length <= this.#layout.pieceLength(index);
    if (!isSane) throw new DownloadError({ code: 'PEER_REQUEST', pieceIndex: index, begin, length });
  }

  #reject(index: number, begin: number, length: number): void {
    const { session } = this.#peer;
    if (session.isFast) session.send({ type: 'reject', index, begin, length });
  }

  /** How many requests at the head are answered together, at most `#window`: those that follow each other, as far as the limits go. */
  #nextRun(): number {
    const nowMs = this.#uploads.now();
    const { blockLength } = this.#queue;
    if (blockLength !== BLOCK_LENGTH) return this.#share.take(blockLength, nowMs) ? 1 : 0;
    const most = this.#queue.runLength(Math.min(this.#window, MAX_RUN));
    if (this.#share.isUnlimited) return most;
    let count = 0;
    while (count < most && this.#share.take(BLOCK_LENGTH, nowMs)) count += 1;
    return count;
  }

  #giveBack(count: number): void {
    this.#share.giveBack(count === 1 ? this.#queue.blockLength : count * BLOCK_LENGTH);
  }

  /** Reads a run of blocks, and sends it. */
  #start(buffer: SendBuffer, count: number): void {
    const { index, begin, blockLength } = this.#queue;
    const run = { index, begin, blockLength, count };
    let targets: readonly Uint8Array[];
    if (blockLength === BLOCK_LENGTH) {
      targets = buffer.slots.slice(0, count);
      for (let at = 0; at < count; at += 1) {
        const offset = at * (PIECE_HEADER_LENGTH + BLOCK_LENGTH);
        putPieceHeader(buffer.bytes, offset, index, begin + at * BLOCK_LENGTH, BLOCK_LENGTH);
      }
    } else {
      targets = [buffer.bytes.subarray(PIECE_HEADER_LENGTH, PIECE_HEADER_LENGTH + blockLength)];
      putPieceHeader(buffer.bytes, 0, index, begin, blockLength);
    }
    for (let at = 0; at < count; at += 1) this.#queue.shift();
    const answer = this.#uploads.read(index, begin, targets);
    if (typeof answer === 'boolean') this.#wasRead(answer, buffer, run);
    else {
      this.#isReading = true;
      void answer.then((isRight) => {
        this.#isReading = false;
        this.#wasRead(isRight, buffer, run);
        this.pump();
      });
    }
  }

  #wasRead(isRight: boolean, buffer: SendBuffer, run: Run): void {
    if (!this.#isClosed && isRight) {
      this.#send(buffer, run);
      return;
    }
    this.#uploads.buffers.give(buffer);
    if (this.#isClosed) return;
    const { index, begin, blockLength, count } = run;
    for (let at = 0; at < count; at += 1) this.#reject(index, begin + at * blockLength, blockLength);
    this.#uploads.lost(index);
    this.#peer.flush();
  }

  #send(buffer: SendBuffer, { index, blockLength, count }: Run): void {
    const startMs = this.#uploads.now();
    if (this.#sending.size === 0) this.#lastSentMs = startMs;
    this.#sending.add(buffer);
    this.#peer.session.sentBlocks(startMs);
    this.#peer.send(buffer.bytes.subarray(0, count * (blockLength + PIECE_HEADER_LENGTH)), () => {
      if (!this.#sending.delete(buffer)) return;
      this.#uploadedLength += count * blockLength;
      this.#uploads.sent(count * blockLength);
      const nowMs = this.#uploads.now();
      this.#lastSentMs = nowMs;
      this.#adapt(nowMs - startMs, count);
      this.#uploads.buffers.give(buffer);
      this.pump();
    });
    this.#uploads.superSeed?.served(this.#peer.key, index, count * blockLength);
  }

  /** A run was taken by the system, in so much time. */
  #adapt(elapsedMs: number, count: number): void {
    if (elapsedMs > SLOW_MS) this.#window = Math.max(MIN_WINDOW, this.#window >>> 1);
    else if (elapsedMs < QUICK_MS && count >= Math.min(this.#window, MAX_RUN) >>> 1)
      this.#window = Math.min(this.#window * 2, MAX_BUFFERS * MAX_RUN);
  }
}
