import { encode, type Encodable } from '@millrace/bencode';
import { sha1 } from '@millrace/metainfo';

export interface SampleTorrent {
  readonly name?: string | Uint8Array;
  readonly announce?: string;
  /** Paths and lengths of a torrent of many files; the content is cut among them. */
  readonly files?: readonly { readonly path: readonly string[]; readonly length: number }[];
  /** Further fields in `info`. */
  readonly info?: { readonly [key: string]: Encodable };
  /** Further fields beside `info`. */
  readonly more?: { readonly [key: string]: Encodable };
}

export const SAMPLE_PIECE_LENGTH = 16_384;

/** 40 000 bytes: two whole pieces and the rest. */
export const SAMPLE_CONTENT: Uint8Array<ArrayBuffer> = Uint8Array.from(
  { length: 40_000 },
  (_, at) => at % 251,
);

/** Makes a `.torrent` of {@link SAMPLE_CONTENT}, byte by byte as asked, however odd. */
export function sampleTorrent(sample: SampleTorrent = {}): Uint8Array<ArrayBuffer> {
  const { name = 'sample.bin', announce = 'http://tracker.example/announce', files, more } = sample;
  const size = files === undefined ? { length: SAMPLE_CONTENT.length } : { files };
  const info = { ...sample.info, ...size, name, 'piece length': SAMPLE_PIECE_LENGTH, pieces: pieceHashes() };
  return encode({ announce, ...more, info });
}

function pieceHashes(): Uint8Array {
  const hashes: number[] = [];
  for (let begin = 0; begin < SAMPLE_CONTENT.length; begin += SAMPLE_PIECE_LENGTH) {
    hashes.push(...sha1(SAMPLE_CONTENT.subarray(begin, begin + SAMPLE_PIECE_LENGTH)));
  }
  return Uint8Array.from(hashes);
}
