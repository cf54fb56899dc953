import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLayout, PieceLayout } from '@millrace/metainfo';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContentFiles, type ContentFile } from './content-files.ts';
import { ContentRoot } from './content-root.ts';
import { FileStamps } from './file-stamps.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Files of given lengths below `root`, in pieces of 4 bytes. */
function contentOf(
  files: Readonly<Record<string, number>>,
  options: { maxOpen?: number; isNamedEarly?: boolean } = {},
): ContentFiles {
  const root = join(folder, 'content');
  const contentFiles = Object.entries(files).map(([name, length]): ContentFile => {
    const path = join(root, name);
    return { path, partPath: `${path}.part`, length, isPadding: name.startsWith('.pad'), isWanted: true };
  });
  const lengths = Object.values(files);
  const totalLength = lengths.reduce((sum, length) => sum + length, 0);
  const layout = new PieceLayout({ pieceLength: 4, totalLength });
  const stamps = new FileStamps(lengths.length);
  return new ContentFiles({
    root: new ContentRoot(root, stamps, options.maxOpen),
    files: contentFiles,
    fileLayout: new FileLayout(layout, lengths),
    stamps,
    isNamedEarly: options.isNamedEarly ?? false,
  });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Writes one piece, and no more. */
function write(content: ContentFiles, index: number, text: string): void {
  try {
    content.writePiece(index, bytes(text));
  } finally {
    content.endWrites();
  }
}
const textAt = (name: string): string => readFileSync(join(folder, 'content', name), 'utf8');

/** Runs `act` and returns the code of what it throws. */
function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe('ContentFiles', () => {
  it('writes a piece across files and folders, and reads it back', () => {
    const content = contentOf({ 'a/one': 1, 'a/b/empty': 0, 'a/b/two': 2, three: 3 });
    write(content, 0, 'wxyz');
    write(content, 1, '!?');
    expect([textAt('a/one.part'), textAt('a/b/two.part'), textAt('three.part')]).toEqual(['w', 'xy', 'z!?']);
    const target = new Uint8Array(4);
    expect(content.readPiece(0, target)).toBe(true);
    expect(target).toEqual(bytes('wxyz'));
    content.close();
  });

  it('makes nothing before it is written to, and says so when reading', () => {
    const content = contentOf({ one: 4 });
    expect(content.readPiece(0, new Uint8Array(4))).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that a piece is not there when its file is too short', () => {
    const content = contentOf({ one: 8 });
    write(content, 0, 'abcd');
    expect([content.readPiece(0, new Uint8Array(4)), content.readPiece(1, new Uint8Array(4))]).toEqual([
      true,
      false,
    ]);
    content.close();
  });

  it('gives a whole file its final name, and makes an empty one', () => {
    const content = contentOf({ one: 4, 'x/empty': 0 });
    write(content, 0, 'abcd');
    content.finishFile(0);
    content.finishFile(1);
    content.finishFile(1);
    expect([textAt('one'), textAt('x/empty'), readdirSync(join(folder, 'content')).toSorted()]).toEqual([
      'abcd',
      '',
      ['one', 'x'],
    ]);
  });

  it('writes into a part that is reopened, cut to its length', () => {
    mkdirSync(join(folder, 'content'));
    writeFileSync(join(folder, 'content', 'one'), 'abcdefgh and more');
    const content = contentOf({ one: 8 });
    content.reopenFile(0);
    write(content, 1, 'EFGH');
    content.close();
    expect([textAt('one.part'), readdirSync(join(folder, 'content'))]).toEqual(['abcdEFGH', ['one.part']]);
  });

  it('goes on with a part that is there and has nothing in it yet', () => {
    mkdirSync(join(folder, 'content'));
    writeFileSync(join(folder, 'content', 'one.part'), '');
    const content = contentOf({ one: 4 });
    write(content, 0, 'abcd');
    expect([content.finishFile(0), textAt('one')]).toEqual([true, 'abcd']);
    content.close();
  });

  it.runIf(process.platform === 'linux')('looks for a folder once for all files of one job', () => {
    const content = contentOf({ 'a/one': 4, 'a/two': 4, 'a/three': 4 });
    content.writePiece(0, bytes('abcd'));
    renameSync(join(folder, 'content', 'a'), join(folder, 'content', 'moved'));
    content.writePiece(1, bytes('efgh'));
    content.endWrites();
    write(content, 2, 'ijkl');
    expect(readdirSync(join(folder, 'content', 'moved'))).toEqual(['one.part', 'two.part']);
    expect(readdirSync(join(folder, 'content', 'a'))).toEqual(['three.part']);
    content.close();
  });

  it('reads padding as zeros and never writes it', () => {
    const content = contentOf({ one: 3, '.pad/1': 1, two: 2 });
    write(content, 0, 'abc\0');
    const target = bytes('????');
    expect(content.readPiece(0, target)).toBe(true);
    expect([target, readdirSync(join(folder, 'content'))]).toEqual([bytes('abc\0'), ['one.part']]);
    content.close();
  });

  it('keeps no more files open than its bound, and still writes them all', () => {
    const names = Array.from({ length: 20 }, (_, at) => [`file${at}`, 2] as const);
    const before = readdirSync('/proc/self/fd').length;
    const content = contentOf(Object.fromEntries(names), { maxOpen: 3 });
    for (let piece = 0; piece < 10; piece += 1) write(content, piece, 'abcd');
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(3 + 1); // and their folder
    content.close();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    expect(names.map(([name]) => textAt(`${name}.part`)).join('')).toBe('abcd'.repeat(10));
  });

  it('does not begin again what vanished, and does not go on with what was cut', () => {
    const content = contentOf({ one: 8, two: 8, three: 8 });
    for (const piece of [0, 2, 5]) write(content, piece, 'abcd');
    rmSync(join(folder, 'content', 'one.part'));
    truncateSync(join(folder, 'content', 'two.part'), 1);
    truncateSync(join(folder, 'content', 'three.part'), 5);
    expect(codeOf(() => write(content, 1, 'efgh'))).toBe('CHANGED');
    expect(codeOf(() => write(content, 3, 'efgh'))).toBe('CHANGED');
    expect(codeOf(() => content.finishFile(2))).toBe('CHANGED');
    content.close();
    expect(codeOf(() => write(content, 1, 'efgh'))).toBe('IO');
    content.close();
    expect(readdirSync(join(folder, 'content'))).toEqual(['three.part', 'two.part']);
  });

  it('takes files for what they are after the last of several writes in a row', () => {
    const content = contentOf({ one: 12, two: 8 }, { maxOpen: 1 });
    for (const piece of [0, 1, 3, 2, 4]) content.writePiece(piece, bytes('abcd'));
    content.endWrites();
    expect([content.finishFile(0), content.finishFile(1)]).toEqual([true, true]);
    content.close();
  });

  it('sees what someone else did to a file between two rounds of writes', () => {
    const content = contentOf({ one: 12 });
    for (const piece of [0, 1]) content.writePiece(piece, bytes('abcd'));
    content.endWrites();
    appendFileSync(join(folder, 'content', 'one.part'), '!');
    write(content, 2, 'abcd');
    expect(content.finishFile(0)).toBe(false);
    content.close();
  });

  it('sees what someone else did to a file while another was written to', () => {
    const content = contentOf({ one: 8, two: 4 });
    content.writePiece(0, bytes('abcd'));
    content.writePiece(2, bytes('abcd'));
    appendFileSync(join(folder, 'content', 'one.part'), '!');
    content.writePiece(1, bytes('abcd'));
    content.endWrites();
    expect([content.finishFile(0), content.finishFile(1)]).toEqual([false, true]);
    content.close();
  });

  it('never touches a file that came to be where one is to go', () => {
    const content = contentOf({ one: 4, two: 4 });
    write(content, 0, 'abcd');
    for (const name of ['one', 'two']) writeFileSync(join(folder, 'content', name), 'precious');
    expect(codeOf(() => content.finishFile(0))).toBe('EXISTS');
    write(content, 1, 'efgh');
    expect(codeOf(() => content.finishFile(1))).toBe('EXISTS');
    content.close();
    expect([textAt('one'), textAt('two')]).toEqual(['precious', 'precious']);
    expect([textAt('one.part'), textAt('two.part')]).toEqual(['abcd', 'efgh']);
  });

  it.runIf(process.platform === 'linux')('makes the folders it goes into, or says that it cannot', () => {
    const fileLayout = new FileLayout(new PieceLayout({ pieceLength: 4, totalLength: 4 }), [4]);
    const writeAt = (root: string): void => {
      const files = [{ path: root, partPath: `${root}.part`, length: 4, isPadding: false, isWanted: true }];
      const stamps = new FileStamps(1);
      const content = new ContentFiles({
        root: new ContentRoot(root, stamps),
        files,
        fileLayout,
        stamps,
        isNamedEarly: false,
      });
      write(content, 0, 'abcd');
      content.close();
    };
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    writeAt(join(folder, 'link', 'deep', 'down', 'one'));
    expect(readFileSync(join(folder, 'real', 'deep', 'down', 'one.part'), 'utf8')).toBe('abcd');
    expect(codeOf(() => writeAt('/proc/none/such/one'))).toBe('IO');
    expect(codeOf(() => writeAt('/dev/null/such/one'))).toBe('UNSAFE_TARGET');
  });

  it('follows no link: not at a file, not at a folder, not at the root', () => {
    const victim = join(folder, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'one.part'), 'safe');
    mkdirSync(join(folder, 'content'));
    symlinkSync(join(victim, 'one.part'), join(folder, 'content', 'one.part'));
    symlinkSync(victim, join(folder, 'content', 'sub'));
    expect(codeOf(() => write(contentOf({ one: 4 }), 0, 'evil'))).toBe('UNSAFE_TARGET');
    expect(codeOf(() => write(contentOf({ 'sub/one': 4 }), 0, 'evil'))).toBe('UNSAFE_TARGET');
    rmSync(join(folder, 'content'), { recursive: true });
    symlinkSync(victim, join(folder, 'content'));
    expect(codeOf(() => write(contentOf({ one: 4 }), 0, 'evil'))).toBe('UNSAFE_TARGET');
    expect(readFileSync(join(victim, 'one.part'), 'utf8')).toBe('safe');
  });

  it('refuses a file with a second name, a FIFO and a folder in the place of a file', () => {
    const root = join(folder, 'content');
    mkdirSync(root);
    writeFileSync(join(folder, 'victim'), 'safe');
    linkSync(join(folder, 'victim'), join(root, 'linked.part'));
    execFileSync('mkfifo', [join(root, 'fifo.part')]);
    mkdirSync(join(root, 'folder.part'));
    for (const name of ['linked', 'fifo', 'folder']) {
      expect(codeOf(() => write(contentOf({ [name]: 4 }), 0, 'evil'))).toBe('UNSAFE_TARGET');
    }
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('safe');
  });

  it('names the file when a folder is in the way, a name is too long, or writing is refused', () => {
    mkdirSync(join(folder, 'content'));
    writeFileSync(join(folder, 'content', 'file'), '');
    expect(codeOf(() => write(contentOf({ 'file/one': 4 }), 0, 'abcd'))).toBe('UNSAFE_TARGET');
    expect(codeOf(() => write(contentOf({ ['n'.repeat(256)]: 4 }), 0, 'abcd'))).toBe('NAME_TOO_LONG');
  });

  it('makes files that are not executable', () => {
    const content = contentOf({ one: 4 });
    write(content, 0, 'abcd');
    content.close();
    expect(lstatSync(join(folder, 'content', 'one.part')).mode & 0o111).toBe(0);
  });
});
