import { infoHash, sha1 } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { Pair } from '../testing/client.ts';
import { counting } from '../testing/messages.ts';
import { MetadataDownload } from './metadata-download.ts';
import { METADATA_PIECE_LENGTH, type MetadataMessage } from './metadata-message.ts';
import { UtMetadata, type UtMetadataOptions } from './ut-metadata.ts';

const METADATA = counting(3 * METADATA_PIECE_LENGTH + 5, 1);

/** Two sessions of which `b` has metadata. */
function metadataPair(given: UtMetadataOptions = { metadata: METADATA }): {
  readonly pair: Pair;
  readonly asking: UtMetadata;
  readonly answers: MetadataMessage[];
} {
  const answers: MetadataMessage[] = [];
  const asking = new UtMetadata({ onMessage: (message) => answers.push(message) });
  const metadataSize = given.metadata?.length;
  const pair = new Pair(
    { extensions: [asking] },
    {
      extensions: [new UtMetadata(given)],
      ...(metadataSize === undefined ? {} : { extended: { metadataSize } }),
    },
  );
  return { pair, asking, answers };
}

describe('UtMetadata', () => {
  it('fetches an info dictionary, piece by piece, verified', () => {
    const download = new MetadataDownload<string>({ infoHash: infoHash(sha1(METADATA)) });
    const { pair, asking, answers } = metadataPair();
    expect(download.addPeer('b', pair.a.session.remoteExtended.metadataSize)).toBe(true);
    for (const { piece } of download.takeRequests(0)) asking.request(piece);
    pair.settle();
    for (const answer of answers.slice(0, -1)) expect(download.receive('b', answer, 1)).toBe(undefined);
    expect(download.receive('b', answers.at(-1)!, 1)).toEqual(METADATA);
    expect(download.metadata).toEqual(METADATA);
  });

  it('gives its memory as it is, without a copy', () => {
    const { pair, asking } = metadataPair();
    asking.request(1);
    pair.b.receive(pair.a.output());
    const views = pair.b.session.takeOutput(0);
    expect(views.at(-1)?.buffer).toBe(METADATA.buffer);
    expect(views.at(-1)?.byteOffset).toBe(METADATA_PIECE_LENGTH);
  });

  it('rejects what it does not have', () => {
    for (const [given, piece] of [
      [{}, 0],
      [{ metadata: METADATA }, 4],
      [{ metadata: METADATA }, Number.MAX_SAFE_INTEGER],
    ] as const) {
      const { pair, asking, answers } = metadataPair(given);
      expect(asking.request(piece)).toBe(true);
      pair.settle();
      expect(answers).toEqual([{ type: 'reject', piece }]);
    }
  });

  it('gives so many pieces in a second, each asked for counting once, and the others later', () => {
    const { pair, asking, answers } = metadataPair({ metadata: METADATA, piecesPerSecond: 2 });
    for (const piece of [0, 1, 2, 2, 2, 3]) asking.request(piece);
    pair.settle();
    expect(answers.map((answer) => 'piece' in answer && answer.piece)).toEqual([0, 1]);
    pair.pass(500);
    expect(answers).toHaveLength(3);
    pair.pass(10_000);
    expect(answers.map((answer) => 'piece' in answer && answer.piece)).toEqual([0, 1, 2, 3]);
  });

  it('gives the whole three times, and rejects what is more: no one makes it send without end', () => {
    const { pair, asking, answers } = metadataPair({ metadata: METADATA, piecesPerSecond: 1000 });
    for (let round = 0; round < 100; round += 1) {
      for (let piece = 0; piece < 4; piece += 1) asking.request(piece);
      pair.pass(1000);
    }
    expect(answers.filter(({ type }) => type === 'data')).toHaveLength(12);
    expect(answers.filter(({ type }) => type === 'reject')).toHaveLength(388);
  });

  it('bounds what waits, whatever is asked', () => {
    const { pair, asking } = metadataPair({ metadata: METADATA, piecesPerSecond: 1 });
    for (let at = 0; at < 2000; at += 1) asking.request(at % 4);
    pair.b.receive(pair.a.output());
    const length = pair.b.session.takeOutput(0).reduce((sum, view) => sum + view.length, 0);
    expect(length).toBeLessThan(2 * METADATA_PIECE_LENGTH);
  });
});
