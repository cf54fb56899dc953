import { infoHash, sha1 } from '@millrace/metainfo';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counting } from '../testing/messages.ts';
import { giving, rejecting, runSwarm, silent, type MetadataPeer } from '../testing/metadata-swarm.ts';
import { MetadataDownload, type MetadataDownloadOptions } from './metadata-download.ts';
import { METADATA_PIECE_LENGTH, type MetadataMessage } from './metadata-message.ts';

const METADATA = counting(5 * METADATA_PIECE_LENGTH + 100, 7);
const FAKE = counting(METADATA.length, 8);
const SMALL = counting(500, 3);

function downloadOf(
  metadata: Uint8Array,
  options: Partial<MetadataDownloadOptions> = {},
): MetadataDownload<string> {
  return new MetadataDownload({ infoHash: infoHash(sha1(metadata)), ...options });
}

function withCode(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('MetadataDownload', () => {
  it.each([1, METADATA_PIECE_LENGTH - 1, METADATA_PIECE_LENGTH, METADATA_PIECE_LENGTH + 1, 100_000])(
    'fetches %d bytes',
    (length) => {
      const metadata = counting(length, 5);
      const download = downloadOf(metadata);
      const { metadata: fetched, requestCount } = runSwarm(download, { honest: giving(metadata) });
      expect(fetched).toEqual(metadata);
      expect(requestCount).toBe(Math.ceil(length / METADATA_PIECE_LENGTH));
      expect(download.progress).toEqual({ receivedLength: length, length, peerCount: 0 });
    },
  );

  it('asks several peers at once, each for something else', () => {
    const download = downloadOf(METADATA);
    for (const peer of ['a', 'b', 'c']) download.addPeer(peer, METADATA.length);
    const requests = download.takeRequests(0);
    expect(new Set(requests.slice(0, 6).map(({ piece }) => piece)).size).toBe(6);
    for (const peer of ['a', 'b', 'c'])
      expect(requests.slice(0, 6).filter((request) => request.peer === peer)).toHaveLength(2);
  });

  it('keeps no more than so many requests with a peer', () => {
    const download = downloadOf(METADATA, { maxRequests: 2 });
    download.addPeer('a', METADATA.length);
    expect(download.takeRequests(0)).toHaveLength(2);
    expect(download.takeRequests(1)).toEqual([]);
  });

  it.each([undefined, 0, -1, 1.5, 2 ** 25 + 1, 2 ** 31, Number.MAX_SAFE_INTEGER])(
    'asks nothing of a peer that claims %d bytes',
    (claims) => {
      const download = downloadOf(METADATA);
      expect(download.addPeer('liar', claims)).toBe(false);
      expect(download.takeRequests(0)).toEqual([]);
      expect(download.addPeer('b', 2 ** 25)).toBe(true);
    },
  );

  it('takes what a later handshake claims', () => {
    const download = downloadOf(METADATA);
    download.addPeer('a', 5);
    download.takeRequests(0);
    expect(download.addPeer('a', METADATA.length)).toBe(true);
    expect(download.takeRequests(0)).toHaveLength(6);
    expect(download.progress.peerCount).toBe(1);
  });

  it('asks others at once for what a peer rejected or a lost peer owed', () => {
    const download = downloadOf(METADATA, { maxRequests: 6 });
    download.addPeer('a', METADATA.length);
    expect(download.takeRequests(0)).toHaveLength(6);
    download.receive('a', { type: 'reject', piece: 3 }, 1);
    download.removePeer('a');
    download.addPeer('b', METADATA.length);
    expect(new Set(download.takeRequests(1).map(({ piece }) => piece))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('asks a peer that rejects again after 30 s, then after 60 s', () => {
    const download = downloadOf(SMALL);
    download.addPeer('a', SMALL.length);
    let nowMs = 0;
    for (const waitMs of [0, 30_000, 60_000, 120_000]) {
      nowMs += waitMs - 1;
      if (waitMs > 0) expect(download.takeRequests(nowMs)).toEqual([]);
      nowMs += 1;
      expect(download.takeRequests(nowMs)).toEqual([{ peer: 'a', piece: 0 }]);
      download.receive('a', { type: 'reject', piece: 0 }, nowMs);
    }
  });

  it('does not wait for a peer that is silent, and takes what comes late', () => {
    const slow = { ...giving(SMALL), latencyMs: 25_000 };
    expect(runSwarm(downloadOf(SMALL), { slow, silent: silent(SMALL.length) })).toMatchObject({
      metadata: SMALL,
      elapsedMs: 25_000,
    });
  });

  const lies: readonly (readonly [string, (piece: number) => MetadataMessage, string])[] = [
    [
      'another total size',
      (piece) => ({ type: 'data', piece, totalSize: 501, data: SMALL }),
      'INVALID_METADATA',
    ],
    [
      'a short piece',
      (piece) => ({ type: 'data', piece, totalSize: 500, data: SMALL.subarray(1) }),
      'INVALID_METADATA',
    ],
    [
      'an empty piece',
      (piece) => ({ type: 'data', piece, totalSize: 500, data: counting(0) }),
      'INVALID_METADATA',
    ],
    [
      'a long piece',
      (piece) => ({ type: 'data', piece, totalSize: 500, data: counting(501) }),
      'INVALID_METADATA',
    ],
    ['another piece', () => ({ type: 'data', piece: 1, totalSize: 500, data: SMALL }), 'INVALID_METADATA'],
    [
      'a piece of 2^53',
      () => ({ type: 'data', piece: 2 ** 53 - 1, totalSize: 500, data: SMALL }),
      'INVALID_METADATA',
    ],
    [
      'wrong bytes',
      (piece) => ({ type: 'data', piece, totalSize: 500, data: counting(500) }),
      'METADATA_HASH_MISMATCH',
    ],
  ];

  it.each(lies)('finds out who gives %s, and asks it nothing more', (_, answer, code) => {
    const download = downloadOf(SMALL);
    download.addPeer('liar', 500);
    download.takeRequests(0);
    expect(() => download.receive('liar', answer(0), 1)).toThrowError(withCode(code));
    expect(download.progress.peerCount).toBe(0);
    expect(download.receive('liar', answer(0), 2)).toBe(undefined);
    expect(download.takeRequests(100_000)).toEqual([]);
    download.addPeer('honest', 500);
    download.takeRequests(100_000);
    expect(download.receive('honest', giving(SMALL).answer(0)!, 100_001)).toEqual(SMALL);
  });

  it.each(lies)('comes to its end beside nine that give %s', (_, answer) => {
    const liars = Object.fromEntries(
      Array.from({ length: 9 }, (__, at) => [`liar${at}`, { claims: 500, answer }]),
    );
    const {
      metadata,
      elapsedMs,
      liars: found,
    } = runSwarm(downloadOf(SMALL), { ...liars, honest: giving(SMALL) });
    expect(metadata).toEqual(SMALL);
    expect(elapsedMs).toBeLessThan(10_000);
    expect(found.has('honest')).toBe(false);
  });

  it('finds the one honest peer among those that mix wrong pieces in, and blames no one else', () => {
    // Each gives one wrong piece: what they give together is wrong, and no one knows whose fault it is.
    const mixing = (wrong: number): MetadataPeer => ({
      claims: METADATA.length,
      answer: (piece) => giving(piece === wrong ? FAKE : METADATA).answer(piece),
    });
    for (const order of ['first', 'last']) {
      const liars = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`liar${at}`, mixing(at)]));
      const honest = { honest: giving(METADATA, 100) };
      const peers = order === 'first' ? { ...honest, ...liars } : { ...liars, ...honest };
      const result = runSwarm(downloadOf(METADATA), peers);
      expect(result.metadata).toEqual(METADATA);
      expect(result.elapsedMs).toBeLessThan(10_000);
      expect(result.liars.has('honest')).toBe(false);
      expect([...result.liars.values()]).toEqual(
        result.liars.size === 0 ? [] : expect.arrayContaining(['METADATA_HASH_MISMATCH']),
      );
    }
  });

  it('is not held up by those that claim another length, silent, rejecting or lying', () => {
    const peers: Record<string, MetadataPeer> = {};
    for (let at = 0; at < 30; at += 1) {
      const length = METADATA.length - 15 + at;
      peers[`silent${at}`] = silent(length);
      peers[`rejecting${at}`] = rejecting(length);
      peers[`liar${at}`] = giving(counting(length));
    }
    peers['honest'] = giving(METADATA);
    const result = runSwarm(downloadOf(METADATA), peers);
    expect(result.metadata).toEqual(METADATA);
    expect(result.elapsedMs).toBeLessThan(10_000);
  });

  it('takes turns when more is claimed than may be held, so that silence blocks no one', () => {
    const peers: Record<string, MetadataPeer> = {};
    const maxLength = METADATA.length;
    for (let at = 1; at <= 20; at += 1) {
      // Two peers each, and shorter: they come before the honest one.
      peers[`a${at}`] = silent(maxLength - at);
      peers[`b${at}`] = silent(maxLength - at);
    }
    peers['honest'] = giving(METADATA);
    const result = runSwarm(downloadOf(METADATA, { maxLength }), peers, { stepMs: 1000 });
    expect(result.metadata).toEqual(METADATA);
    expect(result.elapsedMs).toBeLessThan(200_000);
  });

  it('holds twice the longest at most, however many claim it', () => {
    const maxLength = 10 * METADATA_PIECE_LENGTH;
    const download = downloadOf(METADATA, { maxLength, maxRequests: 100 });
    for (let at = 0; at < 200; at += 1) download.addPeer(`liar${at}`, maxLength - at);
    const asked = new Set(download.takeRequests(0).map(({ peer }) => peer));
    expect(asked.size).toBe(2);
  });

  it('forgets what gave way, and whose peers are gone', () => {
    const maxLength = METADATA.length;
    const download = downloadOf(METADATA, { maxLength });
    download.addPeer('gone', maxLength - 1);
    download.addPeer('gone too', maxLength - 2);
    for (const { peer, piece } of download.takeRequests(0)) {
      if (piece > 0) continue;
      const totalSize = peer === 'gone' ? maxLength - 1 : maxLength - 2;
      download.receive(peer, { type: 'data', piece, totalSize, data: counting(METADATA_PIECE_LENGTH) }, 0);
    }
    expect(download.progress).toEqual({ receivedLength: 16_384, length: maxLength - 1, peerCount: 2 });
    download.removePeer('gone');
    download.removePeer('gone too');
    download.addPeer('honest', maxLength);
    expect(download.takeRequests(1)).toEqual([]);
    expect(download.takeRequests(15_000)).toHaveLength(6);
    expect(download.progress).toEqual({ receivedLength: 0, length: maxLength, peerCount: 1 });
  });

  it('comes to its end whoever is there, as long as one is honest', () => {
    const kinds: Record<string, (at: number) => MetadataPeer> = {
      honest: () => giving(SMALL),
      silent: () => silent(SMALL.length),
      rejecting: () => rejecting(SMALL.length),
      fake: () => giving(counting(SMALL.length)),
      longer: (at) => giving(counting(SMALL.length + 1 + at)),
      endless: (at) => silent(2 ** 25 - at),
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.keys(kinds)), { maxLength: 20 }), (names) => {
        const peers = [...names, 'honest'].map((name, at) => [`${name}${at}`, kinds[name]!(at)] as const);
        const result = runSwarm(downloadOf(SMALL), Object.fromEntries(peers), { stepMs: 250 });
        expect(result.metadata).toEqual(SMALL);
        expect([...result.liars.keys()].some((name) => name.startsWith('honest'))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it.each([{ maxLength: 0 }, { requestTimeoutMs: -1 }, { maxRequests: 0.5 }])('does not take %j', (wrong) => {
    expect(() => downloadOf(SMALL, wrong)).toThrowError(RangeError);
  });
});
