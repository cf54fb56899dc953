import { runProgram } from './run-program.ts';

/** The programs that make torrents; each has its own gaps, which is why there are two. */
export type TorrentMaker = 'mktorrent' | 'transmission-create';

export interface TorrentOptions {
  readonly maker: TorrentMaker;
  /** A power of two: at least 32 KiB for mktorrent, 16 KiB for transmission-create (which leaves empty files out). */
  readonly pieceLength: number;
  readonly announceUrl: string;
}

/** Makes a torrent of the file or folder `payload`. */
export async function makeTorrent(payload: string, torrent: string, options: TorrentOptions): Promise<void> {
  const { maker, pieceLength, announceUrl } = options;
  await (maker === 'mktorrent'
    ? runProgram(maker, ['-l', `${Math.log2(pieceLength)}`, '-a', announceUrl, '-o', torrent, payload])
    : runProgram(maker, ['-s', `${pieceLength / 1024}`, '-t', announceUrl, '-o', torrent, payload]));
}

/** @returns The info hash as 40 hex digits, as transmission-show computes it. */
export async function infoHashOf(torrent: string): Promise<string> {
  const hash = /^ *Hash: ([0-9a-f]{40})$/mu.exec(await runProgram('transmission-show', [torrent]))?.[1];
  if (hash === undefined) throw new Error(`Cannot find the info hash of ${torrent}`);
  return hash;
}
