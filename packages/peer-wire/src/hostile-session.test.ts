import { encode } from '@millrace/bencode';
import { infoHash } from '@millrace/metainfo';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from './encode.ts';
import { PeerWireError } from './error.ts';
import { LtDontHave } from './extension/lt-dont-have.ts';
import type { PeerMessage } from './message.ts';
import { MetadataDownload } from './metadata/metadata-download.ts';
import { encodeMetadataMessage } from './metadata/metadata-message.ts';
import { UtMetadata } from './metadata/ut-metadata.ts';
import { encodePexMessage } from './pex/pex-message.ts';
import { UtPex } from './pex/ut-pex.ts';
import { openExtended, type Client } from './testing/client.ts';
import { anyMessage, concat, counting } from './testing/messages.ts';

const METADATA = counting(20_000);

/** A client that carries every extension there is, fetches metadata, and gives its own. */
function everything(pieceCount: number | undefined): { client: Client; download: MetadataDownload<string> } {
  const download = new MetadataDownload<string>({ infoHash: infoHash(new Uint8Array(20)) });
  const metadata = new UtMetadata({
    metadata: METADATA,
    onMessage: (message) => download.receive('remote', message, client.nowMs),
  });
  const client = openExtended({ pieceCount, extensions: [metadata, new UtPex(), new LtDontHave()] });
  const tell = client.onMessage.bind(client);
  client.onMessage = (message) => {
    tell(message);
    download.addPeer('remote', client.session.remoteExtended.metadataSize);
    for (const { piece } of download.takeRequests(client.nowMs)) metadata.request(piece);
  };
  return { client, download };
}

const natural = fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat());
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .record({
      m: fc.constantFrom({ ut_metadata: 1, ut_pex: 2, lt_donthave: 3 }, { ut_metadata: 0 }),
      metadata_size: natural,
    })
    .map(encode),
  fc.record({ type: fc.constantFrom('request', 'reject'), piece: natural }).map(encodeMetadataMessage),
  fc
    .record({
      type: fc.constant('data'),
      piece: natural,
      totalSize: natural,
      data: fc.uint8Array({ maxLength: 4 }),
    })
    .map(encodeMetadataMessage),
  fc.constant(encodePexMessage({ added: [{ host: '1.2.3.4', port: 5 }], dropped: [] })),
);
const extended: fc.Arbitrary<PeerMessage> = fc.record({
  type: fc.constant('extended'),
  id: fc.nat({ max: 4 }),
  payload,
});

describe('PeerSession, against a hostile remote', () => {
  it('throws its one error whatever comes, and then says nothing more', () => {
    const messages = fc.array(fc.oneof({ arbitrary: extended, weight: 3 }, anyMessage), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(undefined, 0, 20), messages, (pieceCount, hostile) => {
        const { client } = everything(pieceCount);
        const stream = concat(...hostile.map(encodeMessage));
        try {
          client.receive(stream);
          client.session.tick(client.nowMs);
        } catch (error) {
          expect(PeerWireError.is(error)).toBe(true);
          const toldCount = client.told.length;
          client.receive(stream);
          expect(client.told).toHaveLength(toldCount);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(extended, { maxLength: 5 }), fc.nat({ max: 200 }), (hostile, cut) => {
        const stream = concat(...hostile.map(encodeMessage));
        const outcomes = [[stream], [stream.subarray(0, cut), stream.subarray(cut)]].map((chunks) => {
          const { client } = everything(20);
          let code: string | undefined;
          try {
            client.receive(...chunks);
          } catch (error) {
            code = PeerWireError.is(error) ? error.code : String(error);
          }
          return [client.told, code, client.output()];
        });
        expect(outcomes[1]).toEqual(outcomes[0]);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses an extended message over its bound at the prefix', () => {
    const { client } = everything(20);
    expect(() => client.receive(Uint8Array.of(0, 4, 0, 2, 20))).toThrowError(
      expect.objectContaining({ code: 'MESSAGE_TOO_LONG' }),
    );
  });

  it('answers requests for metadata with a bounded number of bytes', () => {
    const { client } = everything(20);
    client.hear({ type: 'extended', id: 0, payload: encode({ m: { ut_metadata: 1 } }) });
    client.output();
    let sent = 0;
    for (let second = 0; second < 60; second += 1) {
      const request = encodeMetadataMessage({ type: 'request', piece: second % 2 });
      client.hear({ type: 'extended', id: 1, payload: request }, 1000);
      client.session.tick(client.nowMs);
      for (const view of client.session.takeOutput(client.nowMs))
        if (view.buffer === METADATA.buffer) sent += view.length;
      client.nowMs += 1000;
    }
    expect(sent).toBeLessThanOrEqual(6 * 16_384);
  });
});
