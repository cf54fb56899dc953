import { MessageDecoder } from '../decoder.ts';
import { encodeMessage } from '../encode.ts';
import { RESERVED_BIT, encodeHandshake, reservedBytes, type Handshake } from '../handshake.ts';
import type { PeerMessage } from '../message.ts';
import type { SessionHandler, SessionOptions } from '../session-options.ts';
import { PeerSession } from '../session.ts';
import { concat, decodeAll, handshakeOf } from './messages.ts';

/** Both extensions of the protocol that have a reserved bit here. */
export const EXTENDED: Uint8Array = reservedBytes(RESERVED_BIT.extensionProtocol, RESERVED_BIT.fastExtension);
export const LOCAL: Handshake = handshakeOf(1, 2);
export const REMOTE: Handshake = handshakeOf(1, 3);
export const PIECE_COUNT = 20;

/** A session and everything it told. */
export class Client implements SessionHandler {
  readonly session: PeerSession;
  readonly told: unknown[] = [];
  wanted: Uint8Array | undefined;
  nowMs = 1000;

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new PeerSession({
      handshake: LOCAL,
      pieceCount: PIECE_COUNT,
      nowMs: this.nowMs,
      ...options,
    });
  }

  blockTarget(): Uint8Array | undefined {
    return this.wanted;
  }

  onHandshake(handshake: unknown): void {
    this.told.push(handshake);
  }

  onMessage(message: PeerMessage): void {
    this.told.push({ ...message });
  }

  receive(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.session.receive(chunk, this.nowMs, this);
  }

  /** Receives messages `count` times, in one chunk. */
  hear(message: PeerMessage, count = 1): void {
    this.receive(concat(...Array.from({ length: count }, () => encodeMessage(message))));
  }

  /** What the session would write. */
  output(): Uint8Array {
    return concat(...this.session.takeOutput(this.nowMs));
  }

  messagesOut(): PeerMessage[] {
    return decodeAll(new MessageDecoder(), [this.output()]);
  }
}

/** A client whose session is open and has said nothing but its handshake. */
export function openClient(options: Partial<SessionOptions> = {}, remote: Handshake = REMOTE): Client {
  const client = new Client(options);
  client.output();
  client.receive(encodeHandshake(remote));
  client.told.length = 0;
  return client;
}

/** A client whose session, and whose remote, offer both extensions. */
export function openExtended(options: Partial<SessionOptions> = {}): Client {
  const handshake = { ...LOCAL, reserved: EXTENDED };
  return openClient({ handshake, ...options }, { ...REMOTE, reserved: EXTENDED });
}

/** Two sessions that talk to each other, however long neither has anything to say. */
export class Pair {
  readonly a: Client;
  readonly b: Client;

  constructor(a: Partial<SessionOptions> = {}, b: Partial<SessionOptions> = {}) {
    const patient = { idleTimeoutMs: Number.MAX_SAFE_INTEGER, keepAliveMs: Number.MAX_SAFE_INTEGER };
    this.a = new Client({ handshake: { ...LOCAL, reserved: EXTENDED }, ...patient, ...a });
    this.b = new Client({ handshake: { ...REMOTE, reserved: EXTENDED }, ...patient, ...b });
    this.settle();
  }

  /** Carries bytes both ways until there are no more. @returns How many. */
  settle(): number {
    let carried = 0;
    while (this.a.session.hasOutput || this.b.session.hasOutput) {
      for (const [from, to] of [
        [this.a, this.b],
        [this.b, this.a],
      ] as const) {
        const bytes = from.output();
        carried += bytes.length;
        to.receive(bytes);
      }
    }
    return carried;
  }

  /** Lets time pass, ticks both, and carries what they say. @returns Bytes carried. */
  pass(ms: number): number {
    for (const client of [this.a, this.b]) {
      client.nowMs += ms;
      client.session.tick(client.nowMs);
    }
    return this.settle();
  }
}
