const MIN_CHOSEN_PIECE_LENGTH = 16 * 1024;
const MAX_CHOSEN_PIECE_LENGTH = 16 * 1024 * 1024;
const CHOSEN_PIECE_COUNT = 1500;

/** Returns a power of two, 16 KiB to 16 MiB, that splits `totalLength` bytes into about 1500 pieces or fewer. */
export function choosePieceLength(totalLength: number): number {
  let pieceLength = MIN_CHOSEN_PIECE_LENGTH;
  while (pieceLength < MAX_CHOSEN_PIECE_LENGTH && totalLength / pieceLength > CHOSEN_PIECE_COUNT)
    pieceLength *= 2;
  return pieceLength;
}
