const END_OF_OPTIONS = 0;
const URL_DATA = 2;
/** Longest data of one option: its length is one byte. */
const MAX_OPTION_LENGTH = 255;

/**
 * Writes path and query of a tracker's URL as options of an announce, as many as they need; nothing for an empty one.
 *
 * @throws {RangeError} if it is not printable ASCII.
 * @see {@link https://www.bittorrent.org/beps/bep_0041.html | BEP 41}
 */
export function encodeUrlData(urlData: string): Uint8Array<ArrayBuffer> {
  if (!/^[!-~]*$/.test(urlData))
    throw new RangeError('Cannot announce this URL data: it must be printable ASCII');
  if (urlData === '') return new Uint8Array();
  const bytes: number[] = [];
  for (let start = 0; start < urlData.length; start += MAX_OPTION_LENGTH) {
    const part = new TextEncoder().encode(urlData.slice(start, start + MAX_OPTION_LENGTH));
    bytes.push(URL_DATA, part.length, ...part);
  }
  return Uint8Array.of(...bytes, END_OF_OPTIONS);
}
