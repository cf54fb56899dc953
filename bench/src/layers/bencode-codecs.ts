import { decode, encode, type BencodeValue } from '@millrace/bencode';
import { loadRival } from '../rival.ts';
import type { Entrant, Task } from '../trial.ts';
import type { TorrentShape } from './torrents.ts';

/** A library that reads and writes bencode. */
interface Codec {
  readonly name: string;
  /** Makes the two calls that are timed, on input prepared for this library. */
  prepare(torrent: Uint8Array<ArrayBuffer>): { decode: () => unknown; encode: () => Uint8Array };
}

const OURS: Codec = {
  name: 'millrace',
  prepare: (torrent) => {
    const value: BencodeValue = decode(torrent);
    return { decode: () => decode(torrent), encode: () => encode(value) };
  },
};

interface Loaded {
  readonly codecs: readonly Codec[];
  readonly missing: readonly string[];
}

export async function loadCodecs(): Promise<Loaded> {
  const rivals = [
    { name: 'bencode', codec: await loadRival(loadBencode) },
    { name: 'bencodec', codec: await loadRival(loadBencodec) },
    { name: '@ctrl/torrent-file', codec: await loadRival(loadCtrl) },
  ];
  return {
    codecs: [OURS, ...rivals.flatMap(({ codec }) => codec ?? [])],
    missing: rivals.filter(({ codec }) => codec === undefined).map(({ name }) => `${name} (bencode)`),
  };
}

async function loadBencode(): Promise<Codec> {
  const { default: bencode } = await import('bencode');
  return {
    name: 'bencode',
    prepare: (torrent) => {
      const value = bencode.decode(torrent);
      return { decode: () => bencode.decode(torrent), encode: () => bencode.encode(value) };
    },
  };
}

async function loadBencodec(): Promise<Codec> {
  const { bencodec } = await import('bencodec');
  return {
    name: 'bencodec',
    prepare: (torrent) => {
      const input = Buffer.from(torrent.buffer);
      const value = bencodec.decode<object>(input);
      return { decode: () => bencodec.decode(input), encode: () => asBytes(bencodec.encode(value)) };
    },
  };
}

/** Its codec is no part of what it exports, but the only thing in it that can be compared with one. */
async function loadCtrl(): Promise<Codec> {
  const path = new URL('bencode/index.js', import.meta.resolve('@ctrl/torrent-file')).href;
  const codec: { decode(data: Uint8Array): unknown; encode(value: unknown): Uint8Array } = await import(path);
  return {
    name: '@ctrl/torrent-file',
    prepare: (torrent) => {
      const value = codec.decode(torrent);
      return { decode: () => codec.decode(torrent), encode: () => codec.encode(value) };
    },
  };
}

/** The two tasks on one torrent. What an entrant encodes is compared with the torrent once, before it is timed. */
export function bencodeTasks(
  { name, files }: TorrentShape,
  torrent: Uint8Array<ArrayBuffer>,
  codecs: readonly Codec[],
): readonly Task[] {
  const decoders: Entrant[] = [];
  const encoders: Entrant[] = [];
  for (const codec of codecs) {
    const calls = codec.prepare(torrent);
    const isExact = Buffer.compare(calls.encode(), torrent) === 0;
    decoders.push({ name: codec.name, run: calls.decode });
    encoders.push({ name: codec.name, run: calls.encode, ...(isExact ? {} : { flaw: 'other bytes' }) });
  }
  const value = decode(torrent);
  if (files > 0) decoders.push({ name: 'bare values, a floor', run: () => valuesLike(value) });
  if (files === 0) encoders.push({ name: 'bare copy, a floor', run: () => copyOf(torrent) });
  return [
    { name: `decode ${name}`, entrants: decoders },
    { name: `encode ${name}`, entrants: encoders },
  ];
}

/** The least there is to decoding many files: the values that a decoder hands out, made of others, without a byte read. */
function valuesLike(value: BencodeValue): BencodeValue {
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.length);
  if (value instanceof Map) {
    const copy = new Map<string, BencodeValue>();
    for (const [key, item] of value) copy.set(key, valuesLike(item));
    return copy;
  }
  return Array.isArray(value) ? value.map((item: BencodeValue) => valuesLike(item)) : value;
}

/** The least there is to encoding one file: its bytes, once, into new memory that nobody has zeroed. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length).buffer);
  copy.set(bytes);
  return copy;
}

function asBytes(encoded: Uint8Array | string): Uint8Array {
  if (typeof encoded === 'string') throw new TypeError('Cannot compare: it encoded to text');
  return encoded;
}
