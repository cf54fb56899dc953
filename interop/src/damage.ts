import { open } from 'node:fs/promises';

/** Overwrites with zeros the pieces of a single-file payload that `isKept` does not name. */
export async function dropPieces(
  path: string,
  pieceLength: number,
  isKept: (pieceIndex: number) => boolean,
): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  for (let index = 0; index * pieceLength < size; index += 1) {
    const offset = index * pieceLength;
    const length = Math.min(pieceLength, size - offset);
    if (!isKept(index)) await file.write(new Uint8Array(length), 0, length, offset);
  }
}

/** Changes one byte in each `everyBytes` of a file, in place, so that a seeder that has it open sends that. */
export async function corrupt(path: string, everyBytes: number): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const byte = new Uint8Array(1);
  for (let offset = 0; offset < size; offset += everyBytes) {
    await file.read(byte, 0, 1, offset);
    byte[0] = (byte[0] ?? 0) ^ 0xff;
    await file.write(byte, 0, 1, offset);
  }
}
