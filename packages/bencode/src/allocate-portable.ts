/** Memory for who writes every byte, where only zeroed memory is to be had: the `default` branch of `#allocate`. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}
