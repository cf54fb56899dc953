import type { BlockRange } from '@millrace/metainfo';
import {
  HANDSHAKE_LENGTH,
  MessageDecoder,
  RESERVED_BIT,
  decodeHandshake,
  encodeMessage,
  hasReservedBit,
  type BlockSink,
  type ByteStream,
  type ByteStreamHandler,
  type Handshake,
  type PeerMessage,
  type ReservedBit,
} from '@millrace/peer-wire';
import type { Timer } from '../clock.ts';
import type { Connection, ConnectionOwner } from './connection-owner.ts';
import { handshakeBytes } from './handshake-bytes.ts';
import { pieceClaims } from './piece-claims.ts';
import { ScriptedExtensions } from './scripted-extensions.ts';
import { Uploader } from './uploader.ts';

/** BEP 3: clients close connections that ask for more than 2^17. */
const MAX_REQUEST_LENGTH = 131_072;

/** One connection of a scripted peer. The remote is whoever connected: usually the client under test. */
export class ScriptedConnection implements Connection, ByteStreamHandler, BlockSink {
  readonly #peer: ConnectionOwner;
  readonly #stream: ByteStream;
  readonly #decoder = new MessageDecoder();
  readonly #uploader: Uploader;
  readonly #timers = new Set<Timer>();
  #opening = new Uint8Array(0);
  #isOpen = false;
  #isChoking = true;
  #isFast = false;
  #extensions: ScriptedExtensions | undefined;
  #messageCount = 0;
  #isClosed = false;

  constructor(peer: ConnectionOwner, open: (handler: ByteStreamHandler) => ByteStream) {
    this.#peer = peer;
    this.#uploader = new Uploader(peer, {
      onBlocks: (count) => this.#extensions?.onBlocks(count),
      write: (views) => this.#write(views),
      close: () => this.close(),
    });
    this.#stream = open(this);
    if (peer.behaviour.handshake === 'first') this.#write([this.#handshakeBytes(undefined)]);
  }

  onBytes(chunk: Uint8Array): void {
    let rest = chunk;
    if (!this.#isOpen) {
      const taken = Math.min(chunk.length, HANDSHAKE_LENGTH - this.#opening.length);
      this.#opening = Uint8Array.of(...this.#opening, ...chunk.subarray(0, taken));
      if (this.#opening.length < HANDSHAKE_LENGTH) return;
      this.#onHandshake(decodeHandshake(this.#opening));
      rest = chunk.subarray(taken);
    }
    this.#decoder.push(rest, this, this.#onMessage);
    const { statistics } = this.#peer;
    statistics.maxOutstanding = Math.max(statistics.maxOutstanding, this.#uploader.waitingCount);
    this.#uploader.pump();
    this.#peer.changed();
  }

  onDrained(): void {
    this.#uploader.onDrained();
  }

  onClose(reason: unknown): void {
    this.#isClosed = true;
    this.#uploader.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#peer.onConnectionClosed(this, reason);
  }

  /** No block is ever wanted here: what a remote sends unasked is skipped. */
  blockTarget(): undefined {
    return undefined;
  }

  close(reason?: unknown): void {
    this.#isClosed = true;
    this.#uploader.stop();
    this.#stream.close(reason);
  }

  sendHave(index: number): void {
    if (this.#isOpen) this.#write([encodeMessage({ type: 'have', index })]);
  }

  #onHandshake(remote: Handshake): void {
    this.#isOpen = true;
    const { behaviour, statistics, metainfo } = this.#peer;
    if (!remote.infoHash.every((byte, at) => byte === metainfo.infoHash[at])) {
      throw new Error('Cannot shake hands: the remote asked for another torrent');
    }
    statistics.remotePeerIds.push(remote.peerId);
    statistics.remoteReserved.push(remote.reserved);
    const offers = (bit: ReservedBit): boolean =>
      [remote, this.#peer.handshake].every(({ reserved }) => hasReservedBit(reserved, bit));
    this.#isFast = offers(RESERVED_BIT.fastExtension);
    if (offers(RESERVED_BIT.extensionProtocol)) {
      this.#extensions = new ScriptedExtensions(
        this.#peer,
        behaviour.extensions ?? {},
        (bytes) => this.#write([bytes]),
        (delayMs, callback) => this.#after(delayMs, callback),
      );
    }
    const handshake = behaviour.handshake ?? 'honest';
    if (handshake === 'silent') return;
    if (handshake === 'slow') {
      this.#drip(this.#handshakeBytes(remote), behaviour.slowMs ?? 1000, () => this.#begin());
      return;
    }
    if (handshake !== 'first') this.#write([this.#handshakeBytes(remote)]);
    if (handshake === 'cut') this.close();
    else this.#begin();
  }

  #handshakeBytes(remote: Handshake | undefined): Uint8Array {
    return handshakeBytes(this.#peer.behaviour.handshake ?? 'honest', this.#peer.handshake, remote);
  }

  /** Says what comes after the handshake. */
  #begin(): void {
    const { behaviour, have } = this.#peer;
    this.#peer.onHandshake();
    this.#write(pieceClaims(behaviour.bitfield ?? 'honest', have));
    this.#extensions?.start();
    if (this.#isFast) {
      for (const index of behaviour.fast?.allowed ?? []) this.#say({ type: 'allowedFast', index });
      for (const index of behaviour.fast?.suggests ?? []) this.#say({ type: 'suggest', index });
    }
    if (behaviour.unchoke === 'atOnce') this.#unchoke();
    this.#uploader.start();
  }

  readonly #onMessage = (message: PeerMessage): void => {
    const { statistics, behaviour } = this.#peer;
    statistics.countMessage(message.type);
    if (this.#messageCount === 0) statistics.firstMessages.push(message.type);
    this.#messageCount += 1;
    if (message.type === 'request') {
      this.#onRequest(message);
    } else if (message.type === 'cancel') {
      this.#onCancel(message);
    } else if (message.type === 'extended') {
      this.#extensions?.onMessage(message.id, message.payload);
    } else if (message.type === 'interested' && (behaviour.unchoke ?? 'onInterest') === 'onInterest') {
      this.#unchoke();
    }
  };

  #onRequest({ index, begin, length }: BlockRange): void {
    const { statistics, behaviour } = this.#peer;
    const block = { index, begin, length };
    const isAllowed = this.#isFast && behaviour.fast?.allowed?.includes(index) === true;
    const isRejected = this.#isFast && behaviour.fast?.rejects?.(block, statistics.requests) === true;
    statistics.requests += 1;
    if (this.#isChoking && !isAllowed) statistics.chokedRequests += 1;
    else if (!this.#canAnswer(block)) statistics.badRequests += 1;
    else if (!isRejected) {
      this.#uploader.push(block);
      return;
    }
    this.#reject([block]);
  }

  #onCancel(block: BlockRange): void {
    const { statistics, behaviour } = this.#peer;
    statistics.cancels += 1;
    if (behaviour.cancels === 'ignore' || !this.#uploader.cancel(block)) return;
    statistics.cancelsInTime += 1;
    this.#reject([block]);
  }

  /** Says that blocks will not be sent, if the remote understands that. */
  #reject(blocks: readonly BlockRange[]): void {
    if (!this.#isFast) return;
    for (const { index, begin, length } of blocks) this.#say({ type: 'reject', index, begin, length });
    this.#peer.statistics.rejects += blocks.length;
  }

  #canAnswer({ index, begin, length }: BlockRange): boolean {
    const { metainfo, have } = this.#peer;
    if (index >= have.size || !have.has(index)) return false;
    return length > 0 && length <= MAX_REQUEST_LENGTH && begin + length <= metainfo.layout.pieceLength(index);
  }

  #unchoke(): void {
    if (!this.#isChoking) return;
    this.#isChoking = false;
    this.#say({ type: 'unchoke' });
    const { chokeCycle } = this.#peer.behaviour;
    if (chokeCycle !== undefined) this.#after(chokeCycle.unchokedMs, () => this.#choke(chokeCycle.chokedMs));
  }

  #choke(durationMs: number): void {
    const { rejectsQueued = 'afterChoke' } = this.#peer.behaviour.fast ?? {};
    this.#isChoking = true;
    const queued = this.#isFast && rejectsQueued === 'served' ? [] : this.#uploader.clear();
    if (rejectsQueued === 'beforeChoke') this.#reject(queued);
    this.#say({ type: 'choke' });
    if (rejectsQueued === 'afterChoke') this.#reject(queued);
    this.#after(durationMs, () => this.#unchoke());
  }

  #say(message: PeerMessage): void {
    this.#write([encodeMessage(message)]);
  }

  #write(views: readonly Uint8Array[]): boolean {
    return this.#isClosed ? false : this.#stream.write(views);
  }

  #drip(bytes: Uint8Array, everyMs: number, onDone: () => void): void {
    if (bytes.length === 0) return onDone();
    this.#write([bytes.subarray(0, 1)]);
    this.#after(everyMs, () => this.#drip(bytes.subarray(1), everyMs, onDone));
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.#peer.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }
}
