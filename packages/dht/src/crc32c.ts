/** The polynomial of Castagnoli, its bits reversed. */
const POLYNOMIAL = 0x82_f6_3b_78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  return value;
});

/** Computes the CRC-32C of bytes, as an unsigned integer. {@link https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 | RFC 3720} */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xff_ff_ff_ff;
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xff_ff_ff_ff) >>> 0;
}
