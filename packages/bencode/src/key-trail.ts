/** Keys remembered of one dictionary: more than torrents have, few enough to cost nothing. */
const MAX_KEYS = 16;

/** A key, and the span of its token in the input: length, colon and all. */
interface KeySpan {
  key: string;
  start: number;
  end: number;
}

/**
 * The keys of the last dictionary at one level, as far as the one being read has agreed with it. In lists of thousands
 * of dictionaries with the same keys, each key is then known by comparing bytes: no length to read, no text to look
 * up, and its place in the order has been checked before.
 */
export class KeyTrail {
  readonly #spans: KeySpan[] = [];
  #length = 0;

  /** Returns the key that was at `index` before, if the bytes at `offset` are the same again. */
  match(index: number, input: Uint8Array, offset: number): Readonly<KeySpan> | undefined {
    if (index >= this.#length) return undefined;
    const span = this.#spans[index]!;
    const { start, end } = span;
    const delta = offset - start;
    if (end + delta > input.length) return undefined;
    for (let at = start; at < end; at += 1) if (input[at] !== input[at + delta]) return undefined;
    return span;
  }

  /** Takes down a key that sorts after the one before it. What followed it no longer counts. */
  record(index: number, key: string, start: number, end: number): void {
    if (index >= MAX_KEYS) return;
    this.#length = index + 1;
    const span = (this.#spans[index] ??= { key, start, end });
    span.key = key;
    span.start = start;
    span.end = end;
  }
}
