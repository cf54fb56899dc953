import type { BlockRange } from '@millrace/metainfo';
import type { Timer } from '../clock.ts';
import { seededRandom } from '../random.ts';
import { answerFrames, corrupted } from './answer-frames.ts';
import type { ConnectionOwner } from './connection-owner.ts';
import { Intruder } from './intruder.ts';
import { UploadQueue } from './upload-queue.ts';

/** Blocks are handed to the stream in batches of about this size. */
const BATCH_LENGTH = 256 * 1024;

/** Where an uploader's bytes go. */
export interface UploaderOutput {
  /** So many blocks were sent on this connection. */
  onBlocks(count: number): void;
  write(views: readonly Uint8Array[]): boolean;
  close(): void;
}

/** Sends one remote the blocks it asked for, as far as the stream, the rate and the script allow. */
export class Uploader {
  readonly #peer: ConnectionOwner;
  readonly #output: UploaderOutput;
  readonly #queue: UploadQueue;
  readonly #intruder: Intruder;
  readonly #intrudeAt: ReadonlySet<number>;
  readonly #sentOffsets = new Set<number>();
  #isFull = false;
  #isStopped = false;
  #timer: Timer | undefined;
  #nextSendMs = 0;
  #blocksSent = 0;
  #bytesSent = 0;

  constructor(peer: ConnectionOwner, output: UploaderOutput) {
    const { order = 'asked', latencyMs = 0, seed = 1, intrusions = [] } = peer.behaviour;
    this.#peer = peer;
    this.#output = output;
    this.#queue = new UploadQueue(order, latencyMs, seededRandom(seed));
    this.#intrudeAt = new Set(intrusions.map(({ afterBlocks = 0 }) => afterBlocks));
    this.#intruder = new Intruder(
      intrusions,
      peer.clock,
      (bytes) => this.#write([bytes]),
      () => this.pump(),
    );
  }

  /** Requests that wait for their answer. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  push(block: BlockRange): void {
    if (this.#sentOffsets.has(this.#offsetOf(block))) this.#peer.statistics.repeatedRequests += 1;
    this.#queue.push(block, this.#peer.clock.now());
  }

  /** Takes a request back. Answers whether it was still waiting. */
  cancel(block: BlockRange): boolean {
    return this.#queue.remove(block);
  }

  /** Forgets all requests that wait, and answers with them. */
  clear(): readonly BlockRange[] {
    return this.#queue.clear();
  }

  /** Sends the intrusions that are due before any block. */
  start(): void {
    this.#intruder.start(0);
  }

  onDrained(): void {
    this.#isFull = false;
    this.#intruder.onDrained(this.#blocksSent);
    this.pump();
  }

  stop(): void {
    this.#isStopped = true;
    this.#intruder.stop();
    this.#timer?.cancel();
  }

  pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#mayServe()) {
      const views = this.#takeBatch();
      if (views.length === 0) break;
      this.#write(views);
      this.#output.onBlocks(this.#blocksSent);
      this.#intruder.start(this.#blocksSent);
      if (this.#peer.isDead) this.#peer.die();
      else if (this.#bytesSent >= (this.#peer.behaviour.hangUpAfterBytes ?? Infinity)) this.#output.close();
    }
    if (this.#mayServe()) this.#wait();
  }

  #wait(): void {
    const { clock } = this.#peer;
    const nowMs = clock.now();
    const waitMs = this.#queue.waitMs(nowMs);
    if (waitMs === undefined) return;
    this.#timer = clock.setTimer(Math.max(waitMs, this.#nextSendMs - nowMs), () => this.pump());
  }

  #mayServe(): boolean {
    const { stallAfterBlocks = Infinity } = this.#peer.behaviour;
    return !this.#isStopped && !this.#isFull && !this.#intruder.isBusy && this.#blocksSent < stallAfterBlocks;
  }

  #takeBatch(): readonly Uint8Array[] {
    const views: Uint8Array[] = [];
    const nowMs = this.#peer.clock.now();
    let length = 0;
    while (length < BATCH_LENGTH && this.#nextSendMs <= nowMs) {
      const block = this.#queue.take(nowMs);
      if (block === undefined) break;
      views.push(...this.#answer(block));
      length += block.length;
      this.#nextSendMs = this.#peer.pay(block.length, nowMs);
      if (this.#mustPause()) break;
    }
    return views;
  }

  #answer(block: BlockRange): readonly Uint8Array[] {
    const { behaviour, statistics, payload } = this.#peer;
    const offset = this.#offsetOf(block);
    const honest = payload.subarray(offset, offset + block.length);
    const bytes = this.#peer.isCorrupt(block) ? corrupted(honest) : honest;
    const frames = answerFrames(behaviour.answers ?? 'honest', block, bytes);
    const room = Math.min(
      (behaviour.hangUpAfterBytes ?? Infinity) - this.#bytesSent,
      (behaviour.dieAfterBytes ?? Infinity) - statistics.bytes,
    );
    const sentLength = Math.min(block.length, room);
    this.#sentOffsets.add(offset);
    this.#blocksSent += 1;
    this.#bytesSent += sentLength;
    statistics.countBlock(block.index, sentLength);
    if (room >= block.length) return frames;
    return frames.map((view) => (view === bytes ? view.subarray(0, room) : view));
  }

  /** Whether something other than the next block comes now. */
  #mustPause(): boolean {
    const { hangUpAfterBytes = Infinity, stallAfterBlocks = Infinity } = this.#peer.behaviour;
    return (
      this.#peer.isDead ||
      this.#bytesSent >= hangUpAfterBytes ||
      this.#blocksSent >= stallAfterBlocks ||
      this.#blocksSent === this.#peer.behaviour.extensions?.givesUp?.afterBlocks ||
      this.#intrudeAt.has(this.#blocksSent)
    );
  }

  #offsetOf({ index, begin }: BlockRange): number {
    return this.#peer.metainfo.layout.pieceOffset(index) + begin;
  }

  #write(views: readonly Uint8Array[]): boolean {
    const goOn = this.#output.write(views);
    if (!goOn) this.#isFull = true;
    return goOn;
  }
}
