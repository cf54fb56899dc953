/** Longest piece, in bytes. */
export const MAX_PIECE_LENGTH: number = 512 * 1024 * 1024;
export const MAX_PIECES: number = 2 ** 21;
export const MAX_FILES = 1_000_000;
/** Most components of a path below the torrent's name. */
export const MAX_PATH_DEPTH = 64;
/** Largest torrent read by default, in bytes. */
export const MAX_TORRENT_BYTES: number = 32 * 1024 * 1024;
/** Most bytes the files of a torrent may have: sums stay exact. */
export const MAX_TOTAL_LENGTH: number = Number.MAX_SAFE_INTEGER;
/** Longest magnet link read by default, in UTF-16 units. */
export const MAX_MAGNET_LENGTH: number = 64 * 1024;
/** Most values kept of each kind of magnet parameter: trackers, peers, and so on. */
export const MAX_MAGNET_VALUES = 100;
/** Most ranges of file indices kept of a magnet link. */
export const MAX_FILE_RANGES = 10_000;
