import { encode } from '@millrace/bencode';
import { payload, seededRandom } from '@millrace/testkit';

export interface TorrentShape {
  readonly name: string;
  readonly pieces: number;
  /** Files in its folder; 0 for a torrent of a single file. */
  readonly files: number;
}

/** From the smallest that is met to the largest; half of them nearly all hashes, half with many names. */
export const SHAPES: readonly TorrentShape[] = [
  { name: '1 KB, one file', pieces: 35, files: 0 },
  { name: '5 KB, 30 files', pieces: 150, files: 30 },
  { name: '40 KB, one file', pieces: 2_000, files: 0 },
  { name: '100 KB, 700 files', pieces: 2_500, files: 700 },
  { name: '1 MB, one file', pieces: 50_000, files: 0 },
  { name: '1 MB, 7,000 files', pieces: 25_000, files: 7_000 },
  { name: '10 MB, one file', pieces: 500_000, files: 0 },
  { name: '10 MB, 70,000 files', pieces: 250_000, files: 70_000 },
];

const PIECE_LENGTH = 262_144;
const WORDS = [
  'archive',
  'chapter',
  'concert',
  'Übersicht',
  'lecture',
  'photo',
  'scan',
  'season',
  '第一巻',
  'tape',
];

/** Makes a torrent as clients write them: trackers, a comment, random hashes and names of several words. */
export function torrentOf({ pieces, files }: TorrentShape): Uint8Array<ArrayBuffer> {
  const random = seededRandom(1);
  const word = () => WORDS[Math.floor(random() * WORDS.length)] ?? '';
  const totalLength = pieces * PIECE_LENGTH - 1_000;
  const contents =
    files === 0
      ? { length: totalLength }
      : {
          files: lengthsOf(files, totalLength).map((length, index) => ({
            length,
            path: [`${word()} ${Math.floor(index / 50)}`, `${word()} ${index} - ${word()} of ${word()}.flac`],
          })),
        };
  return encode({
    announce: 'http://tracker.example:6969/announce',
    'announce-list': [['http://tracker.example:6969/announce'], ['udp://backup.example:1337/announce']],
    comment: 'Digitised 1978 to 1984, second edition',
    'created by': 'mktorrent 1.1',
    'creation date': 1_700_000_000,
    info: {
      ...contents,
      name: files === 0 ? 'Lectures on everything, volume 3.mkv' : 'Lectures on everything',
      'piece length': PIECE_LENGTH,
      pieces: payload(pieces * 20),
      private: 0,
    },
  });
}

function lengthsOf(files: number, totalLength: number): readonly number[] {
  const length = Math.floor(totalLength / files);
  return Array.from({ length: files }, (_, index) =>
    index === files - 1 ? totalLength - length * (files - 1) : length,
  );
}
