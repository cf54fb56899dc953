import { type BlockRange, BLOCK_LENGTH } from '@millrace/metainfo';
import { encodeMessage, type PeerMessage } from '@millrace/peer-wire';
import { payload } from '@millrace/testkit';

/** Bytes as a remote sends them after the handshake, cut as a socket delivers them; a keep-alive is their end. */
export interface WireStream {
  readonly name: string;
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** Messages, the keep-alive at the end among them. */
  readonly messageCount: number;
  readonly payloadLength: number;
  /** Messages of one kind, to check that they are all found. */
  readonly counted: { readonly type: 'have' | 'piece'; readonly count: number };
}

/** How many bytes a read from a socket usually brings when they come faster than they are read. */
const CHUNK_LENGTH = 65_536;
const BLOCKS = 256;
const SMALL_MESSAGES = 20_000;
/** Pieces of the torrent that the messages are about. */
export const PIECE_COUNT = 20_000;

export function makeStreams(): readonly WireStream[] {
  return [pieceStream(), haveStream(), mixedStream()];
}

function pieceStream(): WireStream {
  const block = payload(BLOCK_LENGTH);
  const messages = Array.from({ length: BLOCKS }, (_, at): PeerMessage => ({
    type: 'piece',
    ...blockAt(at),
    block,
  }));
  return {
    ...cut('piece, GB/s', messages),
    payloadLength: BLOCKS * BLOCK_LENGTH,
    counted: { type: 'piece', count: BLOCKS },
  };
}

function haveStream(): WireStream {
  const messages = Array.from({ length: SMALL_MESSAGES }, (_, at): PeerMessage => ({
    type: 'have',
    index: (at * 7_919) % PIECE_COUNT,
  }));
  return {
    ...cut('have, million/s', messages),
    payloadLength: 0,
    counted: { type: 'have', count: SMALL_MESSAGES },
  };
}

/** What a leecher sends to a peer that does not serve it: interest, news and requests. */
function mixedStream(): WireStream {
  const messages = Array.from({ length: SMALL_MESSAGES }, (_, at): PeerMessage => {
    switch (at % 8) {
      case 0:
        return { type: 'interested' };
      case 1:
      case 4:
        return { type: 'have', index: at };
      case 2:
      case 3:
        return { type: 'request', ...blockAt(at) };
      case 5:
        return { type: 'cancel', ...blockAt(at) };
      case 6:
        return { type: 'choke' };
      default:
        return { type: 'unchoke' };
    }
  });
  return {
    ...cut('small ones mixed, million/s', messages),
    payloadLength: 0,
    counted: { type: 'have', count: SMALL_MESSAGES / 4 },
  };
}

function blockAt(at: number): BlockRange {
  return { index: Math.floor(at / 16), begin: (at % 16) * BLOCK_LENGTH, length: BLOCK_LENGTH };
}

function cut(
  name: string,
  messages: readonly PeerMessage[],
): Pick<WireStream, 'name' | 'chunks' | 'messageCount'> {
  const all: readonly PeerMessage[] = [...messages, { type: 'keepAlive' }];
  const bytes = Buffer.concat(all.map((message) => encodeMessage(message)));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let offset = 0; offset < bytes.length; offset += CHUNK_LENGTH) {
    // Each in memory of its own, as reads are.
    chunks.push(new Uint8Array(bytes.subarray(offset, offset + CHUNK_LENGTH)));
  }
  return { name, chunks, messageCount: all.length };
}
