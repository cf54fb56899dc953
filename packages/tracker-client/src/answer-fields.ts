import type { BencodeDict, BencodeValue } from '@millrace/bencode';
import type { AnnounceIssue } from './announce.ts';
import { bound, MAX_SHOWN } from './quote.ts';

const MIN_INTERVAL_MS = 60_000;
const MAX_INTERVAL_MS = 24 * 3_600_000;

/** Reads the fields of an answer. A field that means nothing counts as absent, and is an issue. */
export class AnswerFields {
  readonly issues: AnnounceIssue[] = [];
  readonly #dict: BencodeDict;

  constructor(dict: BencodeDict) {
    this.#dict = dict;
  }

  get(field: string): BencodeValue | undefined {
    return this.#dict.get(field);
  }

  /** Reads a number of seconds as milliseconds, a minute to a day. */
  intervalMs(field: string): number | undefined {
    const seconds = this.get(field);
    if (seconds === undefined) return undefined;
    if (typeof seconds !== 'number' && typeof seconds !== 'bigint') return this.invalid(field);
    // A bigint is past any bound; as a number it still is.
    const ms = Number(seconds) * 1_000;
    const clamped = clampInterval(ms);
    if (clamped !== ms) this.issues.push({ code: 'CLAMPED', field });
    return clamped;
  }

  count(field: string): number | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    return typeof value === 'number' && value >= 0 ? value : this.invalid(field);
  }

  /** Reads bytes of any length up to `maxLength`, or of one of `lengths`. @returns A copy. */
  bytes(field: string, isLength: (length: number) => boolean): Uint8Array<ArrayBuffer> | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    // Not slice(): of a Buffer that is a view.
    return value instanceof Uint8Array && isLength(value.length)
      ? new Uint8Array(value)
      : this.invalid(field);
  }

  text(field: string): string | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    return value instanceof Uint8Array ? boundedText(value) : this.invalid(field);
  }

  invalid(field: string): undefined {
    this.issues.push({ code: 'INVALID_FIELD', field });
    return undefined;
  }
}

/** Moves an interval in milliseconds into what is waited between announces: a minute to a day. */
export function clampInterval(ms: number): number {
  return Math.min(Math.max(ms, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
}

/** Decodes text for people: what is not UTF-8 becomes U+FFFD, and it is cut to what is ever shown. */
export function boundedText(bytes: Uint8Array): string {
  return bound(new TextDecoder().decode(bytes.subarray(0, 4 * MAX_SHOWN + 4)));
}
