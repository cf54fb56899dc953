import { Buffer } from 'node:buffer';

/** Memory with whatever was in it, for who writes every byte: the `node` branch of `#allocate`. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  // "Slow" means not from the pool that buffers share: the memory is the caller's alone, and no Buffer leaves.
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
