import { formatInfoHash, parseMetainfo } from '@millrace/metainfo';
import { loadRival } from '../rival.ts';
import type { Task } from '../trial.ts';

/** What every parser must have told by the end of a call. */
interface Summary {
  readonly infoHash: string;
  readonly files: number;
  /** Characters of all paths, which makes parsers read them that put it off. */
  readonly pathLength: number;
}

interface Parser {
  readonly name: string;
  parse(torrent: Uint8Array<ArrayBuffer>): Summary | Promise<Summary>;
}

const OURS: Parser = {
  name: 'millrace',
  parse: (torrent) => {
    const { infoHash, name, files } = parseMetainfo(torrent);
    let pathLength = 0;
    for (const { path } of files) {
      pathLength += name.length;
      for (const component of path) pathLength += component.length + 1;
    }
    return { infoHash: formatInfoHash(infoHash), files: files.length, pathLength };
  },
};

interface Loaded {
  readonly parsers: readonly Parser[];
  readonly missing: readonly string[];
}

export async function loadParsers(): Promise<Loaded> {
  const rivals = [
    { name: 'parse-torrent', parser: await loadRival(loadParseTorrent) },
    { name: '@ctrl/torrent-file', parser: await loadRival(loadCtrl) },
  ];
  return {
    parsers: [OURS, ...rivals.flatMap(({ parser }) => parser ?? [])],
    missing: rivals.filter(({ parser }) => parser === undefined).map(({ name }) => `${name} (metainfo)`),
  };
}

async function loadParseTorrent(): Promise<Parser> {
  const { default: parseTorrent } = await import('parse-torrent');
  return {
    name: 'parse-torrent',
    parse: async (torrent) => {
      const { infoHash, files } = await parseTorrent(torrent);
      return { infoHash, files: files.length, pathLength: pathLengthOf(files) };
    },
  };
}

async function loadCtrl(): Promise<Parser> {
  const { files: readFiles, hash, info } = await import('@ctrl/torrent-file');
  return {
    name: '@ctrl/torrent-file',
    parse: (torrent) => {
      info(torrent);
      const { files } = readFiles(torrent);
      return { infoHash: hash(torrent), files: files.length, pathLength: pathLengthOf(files) };
    },
  };
}

function pathLengthOf(files: readonly { readonly path: string }[]): number {
  let length = 0;
  for (const { path } of files) length += path.length;
  return length;
}

/** Parsers on one torrent; an info hash that differs from ours is named, as a flaw. */
export async function metainfoTask(
  name: string,
  torrent: Uint8Array<ArrayBuffer>,
  parsers: readonly Parser[],
): Promise<Task> {
  const expected = await OURS.parse(torrent);
  const entrants = [];
  for (const parser of parsers) {
    const summary = await parser.parse(torrent);
    if (summary.files !== expected.files || summary.pathLength !== expected.pathLength) {
      throw new Error(`Cannot compare ${parser.name}: it found other files in ${name}`);
    }
    const isExact = summary.infoHash === expected.infoHash;
    entrants.push({
      name: parser.name,
      run: () => parser.parse(torrent),
      ...(isExact ? {} : { flaw: 'wrong info hash' }),
    });
  }
  return { name: `metainfo ${name}`, entrants };
}
