import type { BlockRange } from '@millrace/metainfo';
import { encodePieceHeader } from '@millrace/peer-wire';
import type { AnswerBehaviour } from './behaviour.ts';

/** Encodes the answer to a request. Honest answers hold `bytes` itself, not a copy. */
export function answerFrames(
  behaviour: AnswerBehaviour,
  block: BlockRange,
  bytes: Uint8Array,
): readonly Uint8Array[] {
  const { index, begin } = block;
  switch (behaviour) {
    case 'honest':
      return [encodePieceHeader(index, begin, bytes.length), bytes];
    case 'short':
      return [encodePieceHeader(index, begin, bytes.length - 1), bytes.subarray(0, -1)];
    case 'long':
      return [encodePieceHeader(index, begin, bytes.length + 1), bytes, new Uint8Array(1)];
    case 'empty':
      return [encodePieceHeader(index, begin, 0)];
    case 'shifted':
      return [encodePieceHeader(index, begin + 1, bytes.length), bytes];
    case 'otherPiece':
      return [encodePieceHeader(index + 1, begin, bytes.length), bytes];
    case 'twice':
      return [...answerFrames('honest', block, bytes), ...answerFrames('honest', block, bytes)];
  }
}

/** Copies a block and changes its first and its last byte. */
export function corrupted(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (const at of new Set([0, copy.length - 1])) copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
