import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CreateOptions, createTorrent } from './create.ts';
import { fileFromBytes, type InputFile } from './input-file.ts';
import { parseMetainfo } from './parse.ts';
import { choosePieceLength } from './piece-length.ts';
import { sha1 } from './sha1.ts';
import { asBytes, asText } from './testing/sample.ts';

const FIVE = fileFromBytes([], asBytes('hello'));

describe('createTorrent', () => {
  it('writes only what it is given', async () => {
    const bytes = await createTorrent([FIVE], { name: 'a', pieceLength: 16 });
    const hash = asText(sha1(asBytes('hello')));
    expect(asText(bytes)).toBe(`d4:infod6:lengthi5e4:name1:a12:piece lengthi16e6:pieces20:${hash}ee`);
  });

  it('gives the same bytes for the same input', async () => {
    const options = { name: 'a', tiers: [['http://a.test/']], createdAt: new Date(0) };
    expect(await createTorrent([FIVE], options)).toEqual(await createTorrent([FIVE], options));
  });

  it('says everything it can be told', async () => {
    const metainfo = parseMetainfo(
      await createTorrent([FIVE], {
        name: 'a',
        version: 'v1',
        tiers: [['http://a.test/', 'http://b.test/'], [], ['udp://c.test:1']],
        isPrivate: true,
        comment: 'comment \u00e9',
        createdBy: 'maker',
        createdAt: new Date('2040-01-01T00:00:00.999Z'),
        source: 'source',
        webSeeds: ['http://w.test/'],
      }),
      { strict: true },
    );
    expect(metainfo).toMatchObject({
      tiers: [['http://a.test/', 'http://b.test/'], ['udp://c.test:1']],
      isPrivate: true,
      comment: 'comment \u00e9',
      createdBy: 'maker',
      createdAt: new Date('2040-01-01T00:00:00Z'),
      source: 'source',
      webSeeds: ['http://w.test/'],
    });
  });

  it('writes one tracker as announce alone, and no tracker at all unless one is given', async () => {
    expect(asText(await createTorrent([FIVE], { name: 'a', tiers: [['u']] }))).toMatch(
      /^d8:announce1:u4:info/,
    );
    expect(asText(await createTorrent([FIVE], { name: 'a', tiers: [[]] }))).toMatch(/^d4:info/);
  });

  it('gives the source another info hash, and everything outside info the same', async () => {
    const hashOf = async (options: Partial<CreateOptions>): Promise<Uint8Array> =>
      parseMetainfo(await createTorrent([FIVE], { name: 'a', ...options })).infoHash;
    expect(await hashOf({ comment: 'x', tiers: [['u']], webSeeds: ['w'] })).toEqual(await hashOf({}));
    expect(await hashOf({ source: 'x' })).not.toEqual(await hashOf({}));
  });

  it('makes what parseMetainfo reads back, hashes included, however files and chunks are cut', async () => {
    const anyFiles = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        anyFiles,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 50 }),
        async (contents, pieceLength, cut) => {
          fc.pre(contents.some((content) => content.length > 0));
          const files = contents.map((content, index) => inChunks(['dir', `${index}`], content, cut));
          const metainfo = parseMetainfo(await createTorrent(files, { name: 'root', pieceLength }), {
            strict: true,
          });
          expect(metainfo.name).toBe('root');
          expect(metainfo.files.map((file) => file.path)).toEqual(files.map((file) => file.path));
          expect(metainfo.files.map((file) => file.length)).toEqual(
            contents.map((content) => content.length),
          );
          const all = Uint8Array.from(contents.flatMap((content) => Array.from(content)));
          const hashes: number[] = [];
          for (let offset = 0; offset < all.length; offset += pieceLength) {
            hashes.push(...sha1(all.subarray(offset, offset + pieceLength)));
          }
          expect(Array.from(metainfo.pieceHashes)).toEqual(hashes);
        },
      ),
    );
  });

  it('tells how far it is, up to the end', async () => {
    const told: number[] = [];
    await createTorrent(
      [fileFromBytes(['a'], new Uint8Array(2_500_000)), fileFromBytes(['b'], new Uint8Array(1))],
      {
        name: 'a',
        onProgress: ({ hashedBytes, totalBytes }) => {
          told.push(hashedBytes);
          expect(totalBytes).toBe(2_500_001);
        },
      },
    );
    expect(told).toEqual([1_048_576, 2_097_152, 2_500_000, 2_500_001]);
  });

  it('stops when told to, with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(createTorrent([FIVE], { name: 'a', signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    let hashed = 0;
    const created = createTorrent([fileFromBytes([], new Uint8Array(10_000_000))], {
      name: 'a',
      signal: controller.signal,
      onProgress: ({ hashedBytes }) => {
        hashed = hashedBytes;
        controller.abort(reason);
      },
    });
    await expect(created).rejects.toBe(reason);
    expect(hashed).toBe(1_048_576);
  });

  it.each([
    ['shorter', 6],
    ['longer', 4],
  ])('refuses a file that turns out %s than it said', async (_, length) => {
    const file = { ...FIVE, length };
    await expect(createTorrent([file], { name: 'a' })).rejects.toMatchObject({
      name: 'MetainfoError',
      code: 'FILE_LENGTH_MISMATCH',
      field: 'info',
    });
    const files = [fileFromBytes(['a'], asBytes('a')), { ...file, path: ['b'] }];
    await expect(createTorrent(files, { name: 'a' })).rejects.toMatchObject({ field: 'info.files[1]' });
  });

  it.each<[title: string, files: InputFile[], options: CreateOptions]>([
    ['no files', [], { name: 'a' }],
    ['no bytes', [fileFromBytes([], new Uint8Array())], { name: 'a' }],
    ['an empty name', [FIVE], { name: '' }],
    ['a name of ..', [FIVE], { name: '..' }],
    ['a name with a slash', [FIVE], { name: 'a/b' }],
    ['a name with NUL', [FIVE], { name: 'a\0' }],
    ['a name that has no UTF-8', [FIVE], { name: '\ud800' }],
    ['a path with an empty component', [fileFromBytes(['a', ''], asBytes('a'))], { name: 'a' }],
    [
      'a path that is too deep',
      [
        fileFromBytes(
          Array.from({ length: 65 }, () => 'a'),
          asBytes('a'),
        ),
      ],
      { name: 'a' },
    ],
    [
      'two files of one path',
      [fileFromBytes(['a'], asBytes('a')), fileFromBytes(['a'], asBytes('b'))],
      { name: 'a' },
    ],
    ['a file without a path among others', [FIVE, fileFromBytes(['a'], asBytes('b'))], { name: 'a' }],
    ['a length that is no number of bytes', [{ ...FIVE, length: 0.5 }], { name: 'a' }],
    ['a piece length of 0', [FIVE], { name: 'a', pieceLength: 0 }],
    ['a piece length over 512 MiB', [FIVE], { name: 'a', pieceLength: 2 ** 29 + 1 }],
    ['more than 2^21 pieces', [{ ...FIVE, length: 2 ** 21 + 1 }], { name: 'a', pieceLength: 1 }],
    [
      'a sum past 2^53',
      [
        { ...FIVE, path: ['a'], length: 2 ** 53 - 1 },
        { ...FIVE, path: ['b'] },
      ],
      { name: 'a' },
    ],
    ['a date that is none', [FIVE], { name: 'a', createdAt: new Date(Number.NaN) }],
    ['a date before 1970', [FIVE], { name: 'a', createdAt: new Date(-1) }],
  ])('refuses %s before reading anything', async (_, files, options) => {
    await expect(createTorrent(files, options)).rejects.toThrow(RangeError);
  });
});

describe('choosePieceLength', () => {
  it.each([
    [1, 2 ** 14],
    [1500 * 2 ** 14, 2 ** 14],
    [1500 * 2 ** 14 + 1, 2 ** 15],
    [2 ** 30, 2 ** 20],
    [2 ** 50, 2 ** 24],
  ])('splits %d bytes into pieces of %d', (totalLength, pieceLength) => {
    expect(choosePieceLength(totalLength)).toBe(pieceLength);
  });
});

function inChunks(path: readonly string[], bytes: Uint8Array, chunkLength: number): InputFile {
  return {
    path,
    length: bytes.length,
    async *stream() {
      for (let offset = 0; offset < bytes.length; offset += chunkLength) {
        yield await Promise.resolve(bytes.subarray(offset, offset + chunkLength));
      }
    },
  };
}
