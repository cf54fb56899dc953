import { peerId } from '@millrace/metainfo';
import {
  PeerSession,
  RESERVED_BIT,
  reservedBytes,
  type ByteStream,
  type ByteStreamHandler,
  type PeerMessage,
} from '@millrace/peer-wire';
import type { MemorySwarm } from './memory-swarm.ts';
import type { OwnPeer } from './own-swarm.ts';

/** Asks one of our engines for whatever a test says, and keeps what it answers. */
export class Requester implements ByteStreamHandler {
  readonly session: PeerSession;
  readonly messages: PeerMessage[] = [];
  /** Blocks that came, as `index:begin`. */
  readonly blocks: string[] = [];
  readonly closes: unknown[] = [];
  /** Whether what came is what it should be. */
  isRight = true;
  readonly #swarm: MemorySwarm;
  #stream: ByteStream | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(swarm: MemorySwarm, isFast = true, number = 1) {
    this.#swarm = swarm;
    const bits = isFast ? [RESERVED_BIT.fastExtension] : [];
    this.session = new PeerSession({
      handshake: {
        infoHash: swarm.infoHash,
        peerId: peerId(new Uint8Array(20).fill(200 + number)),
        reserved: reservedBytes(...bits),
      },
      pieceCount: swarm.layout.pieceCount,
      nowMs: 0,
    });
  }

  /** Connects, and waits until it may ask. */
  async open(peer: OwnPeer, host = '10.8.0.1'): Promise<void> {
    const { network } = this.#swarm;
    void network.connectFrom(host, peer.address, this).then((stream) => (this.#stream = stream));
    await network.clock.advanceUntil(() => this.#stream !== undefined);
    this.flush();
    await network.clock.advanceUntil(() => this.session.isOpen);
    this.say({ type: 'interested' });
    await network.clock.advanceUntil(() => !this.session.remote.choking, 60_000);
  }

  get isClosed(): boolean {
    return this.closes.length > 0;
  }

  say(...messages: readonly PeerMessage[]): void {
    for (const message of messages) this.session.send(message);
    this.flush();
  }

  flush(): void {
    this.#stream?.write(this.session.takeOutput(this.#swarm.network.clock.now()));
  }

  /** Reads nothing any more. */
  stopReading(): void {
    if (this.#stream !== undefined) this.#swarm.network.hold(this.#stream);
  }

  onBytes(chunk: Uint8Array): void {
    this.session.receive(chunk, this.#swarm.network.clock.now(), {
      onHandshake: () => {},
      blockTarget: ({ length }) => (this.#bytes = new Uint8Array(length)),
      onMessage: (message) => {
        if (message.type !== 'piece') {
          this.messages.push(message);
          return;
        }
        const { index, begin, length } = message;
        this.blocks.push(`${index}:${begin}`);
        const expected = this.#swarm.piece(index).subarray(begin, begin + length);
        this.isRight &&= Buffer.from(this.#bytes).equals(expected);
      },
    });
  }

  onDrained(): void {}

  onClose(reason: unknown): void {
    this.closes.push(reason);
  }
}
