import { readFileSync } from 'node:fs';
import { createPeerId, parseMetainfo, type BlockRange, type Metainfo } from '@millrace/metainfo';
import {
  PeerSession,
  RESERVED_BIT,
  reservedBytes,
  type ByteStream,
  type ByteStreamHandler,
  type PeerMessage,
} from '@millrace/peer-wire';
import { connectTcp } from '@millrace/peer-wire/node';

// takers-process.ts TORRENT PORT COUNT: so many peers, each of which takes its own share of the pieces from the seeder at
// that port of 127.0.0.1, and keeps nothing. Ends when all have theirs.
const [path = '', port = '', count = ''] = process.argv.slice(2);
const metainfo = parseMetainfo(readFileSync(path));
/** Requests kept with the seeder. */
const WINDOW = 64;
const TICK_MS = 30_000;
const RETRY_MS = 200;
const memory = new Uint8Array(16_384);

/** One peer that takes every so manyth piece. */
class Taker implements ByteStreamHandler {
  readonly done: Promise<void>;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #torrent: Metainfo;
  readonly #blocks: Generator<BlockRange, void, void>;
  /** What was asked for and has not come: asked for again if the seeder hangs up, as libtorrent does now and then. */
  readonly #owed = new Map<string, BlockRange>();
  #session: PeerSession;
  #stream: ByteStream | undefined;
  #isOver = false;

  constructor(torrent: Metainfo, first: number, step: number) {
    this.done = this.#outcome.promise;
    this.#torrent = torrent;
    this.#blocks = blocksOf(torrent, first, step);
    this.#session = this.#open();
    setInterval(() => this.#session.tick(performance.now()), TICK_MS).unref();
  }

  async connect(): Promise<void> {
    this.#session = this.#open();
    this.#stream = await connectTcp({ host: '127.0.0.1', port: Number(port) }, this);
    this.#flush();
  }

  #open(): PeerSession {
    const session = new PeerSession({
      handshake: {
        infoHash: this.#torrent.infoHash,
        peerId: createPeerId((length) => crypto.getRandomValues(new Uint8Array(length)), '0.0.1'),
        reserved: reservedBytes(RESERVED_BIT.fastExtension),
      },
      pieceCount: this.#torrent.layout.pieceCount,
      nowMs: performance.now(),
    });
    session.send({ type: 'interested' });
    return session;
  }

  onBytes(chunk: Uint8Array): void {
    this.#session.receive(chunk, performance.now(), {
      onHandshake() {},
      blockTarget: ({ length }) => memory.subarray(0, length),
      onMessage: (message) => this.#hear(message),
    });
    this.#ask();
  }

  onDrained(): void {}

  onClose(): void {
    if (!this.#isOver) setTimeout(() => void this.connect().catch(this.#outcome.reject), RETRY_MS);
  }

  #hear(message: PeerMessage): void {
    if (message.type === 'piece') this.#owed.delete(keyOf(message));
    if (message.type !== 'unchoke') return;
    for (const { index, begin, length } of this.#owed.values()) this.#session.request(index, begin, length);
  }

  #ask(): void {
    if (!this.#session.isOpen || this.#session.remote.choking) return;
    while (this.#owed.size < WINDOW) {
      const { value } = this.#blocks.next();
      if (value === undefined) break;
      this.#session.request(value.index, value.begin, value.length);
      this.#owed.set(keyOf(value), value);
    }
    this.#flush();
    if (this.#owed.size > 0) return;
    this.#isOver = true;
    this.#stream?.close();
    this.#outcome.resolve();
  }

  #flush(): void {
    if (this.#session.hasOutput) this.#stream?.write(this.#session.takeOutput(performance.now()));
  }
}

function keyOf({ index, begin }: BlockRange): string {
  return `${index}:${begin}`;
}

function* blocksOf({ layout }: Metainfo, first: number, step: number): Generator<BlockRange, void, void> {
  for (let index = first; index < layout.pieceCount; index += step) yield* layout.blocks(index);
}

const takers = Array.from({ length: Number(count) }, (_, at) => new Taker(metainfo, at, Number(count)));
for (const taker of takers) await taker.connect();
await Promise.all(takers.map(({ done }) => done));
process.exit(0);
