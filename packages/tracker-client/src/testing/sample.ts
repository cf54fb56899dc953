import { infoHash, peerId } from '@millrace/metainfo';
import type { AnnounceRequest } from '../announce.ts';

/** A request with bytes in it that must be escaped. */
export const REQUEST: AnnounceRequest = {
  infoHash: infoHash(Uint8Array.from({ length: 20 }, (_, index) => index * 13)),
  peerId: peerId(new TextEncoder().encode('-MR0001-abcdefghijk~')),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 5,
};

/** An answer with one peer, 192.0.2.7:6881. */
export const ANSWER = 'd8:intervali900e5:peers6:\xc0\0\x02\x07\x1a\xe1e';
