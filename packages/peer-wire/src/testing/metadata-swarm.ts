import { PeerWireError } from '../error.ts';
import type { MetadataDownload } from '../metadata/metadata-download.ts';
import { METADATA_PIECE_LENGTH, type MetadataMessage } from '../metadata/metadata-message.ts';

/** How a peer of a simulated swarm behaves. */
export interface MetadataPeer {
  readonly claims: number;
  /** What it answers to a request, `undefined` for nothing. */
  answer(piece: number): MetadataMessage | undefined;
  /** Time until it answers, in milliseconds. */
  readonly latencyMs?: number;
}

/** Gives `bytes` in pieces. */
export function giving(bytes: Uint8Array, latencyMs?: number): MetadataPeer {
  return {
    claims: bytes.length,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    answer(piece) {
      const data = bytes.subarray(piece * METADATA_PIECE_LENGTH, (piece + 1) * METADATA_PIECE_LENGTH);
      return { type: 'data', piece, totalSize: bytes.length, data };
    },
  };
}

export function silent(claims: number): MetadataPeer {
  return { claims, answer: () => undefined };
}

export function rejecting(claims: number): MetadataPeer {
  return { claims, answer: (piece) => ({ type: 'reject', piece }) };
}

export interface SwarmResult {
  readonly metadata: Uint8Array | undefined;
  readonly elapsedMs: number;
  /** Who lied, with the code of the error. */
  readonly liars: ReadonlyMap<string, string>;
  readonly requestCount: number;
}

/** Lets time pass in small steps until the metadata is there. Whoever lies is not seen again. */
export function runSwarm(
  download: MetadataDownload<string>,
  peers: Readonly<Record<string, MetadataPeer>>,
  { untilMs = 600_000, stepMs = 50 }: { readonly untilMs?: number; readonly stepMs?: number } = {},
): SwarmResult {
  const liars = new Map<string, string>();
  const underWay: { readonly atMs: number; readonly peer: string; readonly piece: number }[] = [];
  let requestCount = 0;
  for (const [name, peer] of Object.entries(peers)) download.addPeer(name, peer.claims);
  for (let nowMs = 0; nowMs <= untilMs; nowMs += stepMs) {
    for (const { peer, piece } of download.takeRequests(nowMs)) {
      requestCount += 1;
      underWay.push({ atMs: nowMs + (peers[peer]?.latencyMs ?? stepMs), peer, piece });
    }
    const due = underWay.filter(({ atMs }) => atMs <= nowMs);
    underWay.splice(0, underWay.length, ...underWay.filter(({ atMs }) => atMs > nowMs));
    for (const { peer, piece } of due) {
      const message = peers[peer]?.answer(piece);
      if (message === undefined || liars.has(peer)) continue;
      try {
        download.receive(peer, message, nowMs);
      } catch (error) {
        if (!PeerWireError.is(error)) throw error;
        liars.set(peer, error.code);
      }
      if (download.metadata !== undefined) {
        return { metadata: download.metadata, elapsedMs: nowMs, liars, requestCount };
      }
    }
  }
  return { metadata: undefined, elapsedMs: untilMs, liars, requestCount };
}
