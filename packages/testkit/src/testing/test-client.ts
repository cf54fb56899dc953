import { peerId, type BlockRange, type Metainfo, type PeerId } from '@millrace/metainfo';
import {
  PeerSession,
  type ByteStream,
  type ByteStreamHandler,
  type Handshake,
  type PeerMessage,
} from '@millrace/peer-wire';
import { realClock, type Clock } from '../clock.ts';

/** The plainest of clients: does what a test tells it and keeps everything it is sent. */
export class TestClient implements ByteStreamHandler {
  readonly session: PeerSession;
  readonly peerId: PeerId = peerId(new Uint8Array(20).fill(7));
  /** Everything but blocks, in order. */
  readonly messages: PeerMessage[] = [];
  readonly blocks: (BlockRange & { readonly bytes: Uint8Array })[] = [];
  readonly handshakes: Handshake[] = [];
  readonly closes: unknown[] = [];
  receivedLength = 0;
  readonly #clock: Clock;
  #stream: ByteStream | undefined;

  constructor(metainfo: Pick<Metainfo, 'infoHash' | 'layout'>, clock: Clock = realClock) {
    this.#clock = clock;
    this.session = new PeerSession({
      handshake: { infoHash: metainfo.infoHash, peerId: this.peerId, reserved: new Uint8Array(8) },
      pieceCount: metainfo.layout.pieceCount,
      nowMs: clock.now(),
    });
  }

  /** Takes the stream this client was the handler of, and shakes hands. */
  start(stream: ByteStream): this {
    this.#stream = stream;
    this.flush();
    return this;
  }

  say(message: PeerMessage): void {
    this.session.send(message);
    this.flush();
  }

  request(...blocks: readonly BlockRange[]): void {
    for (const { index, begin, length } of blocks) this.session.request(index, begin, length);
    this.flush();
  }

  cancel({ index, begin, length }: BlockRange): void {
    this.session.cancel(index, begin, length);
    this.flush();
  }

  close(): void {
    this.#stream?.close();
  }

  types(): readonly PeerMessage['type'][] {
    return this.messages.map(({ type }) => type);
  }

  onBytes(chunk: Uint8Array): void {
    this.receivedLength += chunk.length;
    this.session.receive(chunk, this.#clock.now(), {
      blockTarget: (block) => new Uint8Array(block.length),
      onHandshake: (handshake) => this.handshakes.push(handshake),
      onMessage: (message) => {
        if (message.type !== 'piece') this.messages.push(message);
        else if (message.block !== undefined) {
          const { index, begin, length } = message;
          this.blocks.push({ index, begin, length, bytes: message.block });
        }
      },
    });
    this.flush();
  }

  onDrained(): void {}

  onClose(reason: unknown): void {
    this.closes.push(reason);
  }

  flush(): void {
    if (this.session.hasOutput) this.#stream?.write(this.session.takeOutput(this.#clock.now()));
  }
}
