import {
  PeerSession,
  PeerWireError,
  RESERVED_BIT,
  UtMetadata,
  reservedBytes,
  type ByteStream,
  type Handshake,
  type PeerMessage,
  type RemoteExtended,
  type SessionHandler,
} from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerKey } from '../policy/piece-picker.ts';
import type { Connection, NewPeer } from './connector.ts';
import type { Identity } from './introduction.ts';

/** What a peer answered to a probe. */
export interface PeerAnswer {
  /** `host:port`. */
  readonly peer: string;
  readonly handshake: Handshake;
  /** What its extended handshake said; `undefined` if it does not speak the extension protocol. */
  readonly extended: RemoteExtended | undefined;
}

export interface PeerProbeOptions extends NewPeer {
  readonly identity: Identity;
  readonly nowMs: () => number;
  readonly onAnswer: (answer: PeerAnswer) => void;
  readonly onClose: (probe: PeerProbe, reason: unknown) => void;
}

/** A connection that only wants to know who is there: it offers the extension protocol, and nothing else. */
export class PeerProbe implements Connection, SessionHandler {
  readonly key: PeerKey;
  readonly name: string;
  readonly address: PeerAddress;
  readonly isIncoming: boolean;
  readonly usefulLength = 0;
  readonly #options: PeerProbeOptions;
  readonly #session: PeerSession;
  #handshake: Handshake | undefined;
  #stream: ByteStream | undefined;
  #isClosed = false;

  constructor(options: PeerProbeOptions) {
    const { infoHash, peerId } = options.identity;
    this.#options = options;
    this.key = options.key;
    this.name = options.name;
    this.address = options.address;
    this.isIncoming = options.isIncoming;
    this.#session = new PeerSession({
      handshake: { infoHash, peerId, reserved: reservedBytes(RESERVED_BIT.extensionProtocol) },
      // A peer may hold back its own extensions until it has heard of ours.
      extensions: [new UtMetadata()],
      pieceCount: undefined,
      nowMs: options.nowMs(),
    });
  }

  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  attach(stream: ByteStream): void {
    this.#stream = stream;
    if (this.#isClosed) stream.close();
    else this.#flush();
  }

  tick(nowMs: number): void {
    try {
      this.#session.tick(nowMs);
      this.#flush();
    } catch (error) {
      this.close(error);
    }
  }

  close(reason: unknown): void {
    this.#stream?.close(reason);
    this.onClose(reason);
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#session.receive(chunk, this.#options.nowMs(), this);
    if (this.#handshake !== undefined && !this.#session.isExtended) this.#answer(undefined);
    this.#flush();
  }

  onDrained(): void {
    // There is next to nothing to write.
  }

  onClose(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#session.close();
    const phase = this.isOpen ? 'open' : 'handshaking';
    this.#options.onClose(this, reason ?? new PeerWireError({ code: 'CLOSED_BY_PEER', phase }));
  }

  onHandshake(handshake: Handshake): void {
    this.#handshake = handshake;
  }

  onMessage(message: PeerMessage): void {
    if (message.type === 'extended' && message.id === 0) this.#answer(this.#session.remoteExtended);
  }

  blockTarget(): undefined {
    return undefined;
  }

  #answer(extended: RemoteExtended | undefined): void {
    if (this.#handshake === undefined) return;
    this.#options.onAnswer({ peer: this.name, handshake: this.#handshake, extended });
  }

  #flush(): void {
    if (this.#stream === undefined || this.#isClosed || !this.#session.hasOutput) return;
    this.#stream.write(this.#session.takeOutput(this.#options.nowMs()));
  }
}
