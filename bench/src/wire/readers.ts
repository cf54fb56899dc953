import type Wire from 'bittorrent-protocol';
import { BLOCK_LENGTH, infoHash, peerId } from '@millrace/metainfo';
import { encodeHandshake, type Handshake, PeerSession, type SessionHandler } from '@millrace/peer-wire';
import { loadRival } from '../rival.ts';
import { PIECE_COUNT, type WireStream } from './streams.ts';

/** Something that has shaken hands and now reads a stream, over and over. */
interface Reader {
  /** Reads all of it, and returns when the keep-alive at its end was found. */
  read(stream: WireStream): void | Promise<void>;
  /** Messages told to the owner so far. */
  readonly told: { have: number; piece: number; payloadLength: number };
}

/** How to make a reader of one kind. */
export interface ReaderKind {
  readonly name: string;
  open(): Reader;
}

const REMOTE: Handshake = {
  infoHash: infoHash(new Uint8Array(20).fill(1)),
  peerId: peerId(new Uint8Array(20).fill(2)),
  reserved: new Uint8Array(8),
};
const LOCAL: Handshake = { ...REMOTE, peerId: peerId(new Uint8Array(20).fill(3)) };

const OURS: ReaderKind = { name: 'millrace', open: openSession };

export async function loadReaders(): Promise<readonly ReaderKind[]> {
  return [OURS, ...((await loadRival(loadProtocol)) ?? [])];
}

function openSession(): Reader {
  const session = new PeerSession({
    handshake: LOCAL,
    pieceCount: PIECE_COUNT,
    nowMs: 0,
    maxMessagesPerSecond: Number.MAX_SAFE_INTEGER,
  });
  const told = { have: 0, piece: 0, payloadLength: 0 };
  // As a piece's memory is while its blocks arrive: at its place, and used again for the next piece.
  const piece = new Uint8Array(16 * BLOCK_LENGTH);
  let isAtEnd = false;
  const handler: SessionHandler = {
    onHandshake: () => {},
    blockTarget: ({ begin, length }) => piece.subarray(begin, begin + length),
    onMessage: (message) => {
      if (message.type === 'keepAlive') {
        isAtEnd = true;
      } else if (message.type === 'have') {
        told.have += 1;
      } else if (message.type === 'piece') {
        told.piece += 1;
        told.payloadLength += message.block?.length ?? 0;
      }
    },
  };
  session.receive(encodeHandshake(REMOTE), 0, handler);
  const read = ({ chunks, name }: WireStream): void => {
    isAtEnd = false;
    for (const chunk of chunks) session.receive(chunk, 0, handler);
    if (!isAtEnd) throw new Error(`Cannot time ${name}: its end was not found`);
  };
  return { read, told };
}

/** As it is used, written to as a stream; and what its stream calls, called for each chunk without one. */
async function loadProtocol(): Promise<readonly ReaderKind[]> {
  const { default: Wire } = await import('bittorrent-protocol');
  return [
    { name: 'bittorrent-protocol', open: () => openStream(new Wire()) },
    { name: 'bittorrent-protocol without its stream', open: () => openParser(new Wire()) },
  ];
}

function openStream(wire: Wire): Reader {
  let finish: (() => void) | undefined;
  wire.on('keep-alive', () => finish?.());
  wire.write(encodeHandshake(REMOTE));
  const read = ({ chunks }: WireStream): Promise<void> =>
    new Promise((resolve) => {
      finish = resolve;
      for (const chunk of chunks) wire.write(chunk);
    });
  return { read, told: count(wire) };
}

function openParser(wire: Wire): Reader {
  let isAtEnd = false;
  wire.on('keep-alive', () => {
    isAtEnd = true;
  });
  const { _write: write } = wire;
  write.call(wire, encodeHandshake(REMOTE), ignore);
  const read = ({ chunks, name }: WireStream): void => {
    isAtEnd = false;
    for (const chunk of chunks) write.call(wire, chunk, ignore);
    if (!isAtEnd) throw new Error(`Cannot time ${name}: its end was not found`);
  };
  return { read, told: count(wire) };
}

function ignore(): void {}

/** Counts what it tells. The blocks stay where they came, as views: nobody copies them. */
function count(wire: Wire): Reader['told'] {
  const told = { have: 0, piece: 0, payloadLength: 0 };
  wire.on('have', () => {
    told.have += 1;
  });
  wire.on('piece', (_index, _begin, block) => {
    told.piece += 1;
    told.payloadLength += block.length;
  });
  return told;
}
