import { type Encodable, encode, raw } from '@millrace/bencode';

export type EncodableDict = Readonly<Record<string, Encodable | undefined>>;

/** One file of five bytes, in two pieces. */
export const SINGLE_INFO: EncodableDict = {
  length: 5,
  name: 'five.bin',
  'piece length': 4,
  pieces: new Uint8Array(40).fill(7),
};

/** Three files, the second empty, in two pieces. */
export const MULTI_INFO: EncodableDict = {
  files: [
    { length: 3, path: ['a.txt'] },
    { length: 0, path: ['sub', 'empty'] },
    { length: 4, path: ['sub', 'b.txt'] },
  ],
  name: 'root',
  'piece length': 4,
  pieces: new Uint8Array(40).fill(9),
};

/** Encodes a torrent: `info`, and what stands beside it. */
export function torrentOf(info: EncodableDict, outer: EncodableDict = {}): Uint8Array<ArrayBuffer> {
  return encode({ announce: 'http://tracker.test/announce', ...outer, info });
}

/** Encodes a torrent around an `info` dictionary given as text, one byte a character, well-formed or not. */
export function torrentOfText(info: string, before = '', after = ''): Uint8Array<ArrayBuffer> {
  return asBytes(`d${before}4:info${info}${after}e`);
}

/** Turns text into bytes, one a character. */
export function asBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** Turns bytes into text, one character a byte. */
export function asText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A torrent with every field that is read, of single or many files. */
export function fullTorrent(info: EncodableDict): Uint8Array<ArrayBuffer> {
  return encode({
    announce: 'http://one.test/announce',
    'announce-list': [['http://one.test/announce', 'http://two.test/announce'], ['udp://three.test:80']],
    comment: 'a comment',
    'created by': 'a maker',
    'creation date': 2_208_988_800,
    httpseeds: ['http://seed.test/'],
    info: raw(encode({ ...info, private: 1, source: 'a source' })),
    nodes: [
      ['192.0.2.1', 6881],
      ['node.test', 1],
    ],
    'url-list': ['http://web.test/files/'],
  });
}
