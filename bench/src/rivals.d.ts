// The rivals that bring no types, as far as they are used here.

declare module 'bencode' {
  const bencode: { decode(data: Uint8Array): unknown; encode(value: unknown): Uint8Array };
  export default bencode;
}

declare module 'parse-torrent' {
  export default function parseTorrent(torrent: Uint8Array): Promise<{
    infoHash: string;
    files: readonly { path: string; length: number; offset: number }[];
  }>;
}

declare module 'bittorrent-protocol' {
  export default class Wire {
    on(event: 'keep-alive', listener: () => void): this;
    on(event: 'have', listener: (index: number) => void): this;
    on(event: 'piece', listener: (index: number, begin: number, block: Uint8Array) => void): this;
    write(chunk: Uint8Array): boolean;
    /** What its stream calls for each chunk. */
    readonly _write: (this: Wire, chunk: Uint8Array, done: () => void) => void;
  }
}
