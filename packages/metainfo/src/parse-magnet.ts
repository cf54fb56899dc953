import { MetainfoError, type MetainfoErrorDetail } from './error.ts';
import { IssueList } from './issue.ts';
import { MAX_MAGNET_LENGTH } from './limits.ts';
import type { Magnet } from './magnet.ts';
import { MagnetReader } from './magnet-reader.ts';
import { splitParameters } from './magnet-text.ts';

/** How to read a magnet link. */
export interface MagnetOptions {
  /** Whether to throw what is otherwise listed in `issues`. @defaultValue false */
  readonly strict?: boolean;
  /** Longest link to read, in UTF-16 units. @defaultValue 65_536 */
  readonly maxLength?: number;
}

/**
 * Reads a magnet link, in time proportional to its length.
 *
 * The scheme and keys may be in any case, keys numbered (`tr.1`), separators `&amp;`, the `?` missing, and white space
 * around. `+` is a space in the name and itself anywhere else. Of each kind of parameter the first 100 are kept, each
 * value once.
 *
 * @returns A value of its own; nothing in it is a view.
 * @throws {MetainfoError} `INVALID_MAGNET` if it is no magnet link, or its hashes are malformed or differ;
 * `MISSING_FIELD` if it has none of BitTorrent; `UNSUPPORTED_META_VERSION` if it has one of version 2 only;
 * `MAGNET_TOO_LONG`.
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html#magnet-uri-format | BEP 9, magnet URI format}
 */
export function parseMagnet(text: string, options: MagnetOptions = {}): Magnet {
  const { strict = false, maxLength = MAX_MAGNET_LENGTH } = options;
  if (text.length > maxLength) {
    fail({ code: 'MAGNET_TOO_LONG', field: 'magnet', length: text.length, maxLength });
  }
  const link = text.trimEnd().toWellFormed();
  const scheme = /^\s*magnet:\/{0,2}\??/i.exec(link);
  if (scheme === null) {
    fail({
      code: 'INVALID_MAGNET',
      field: 'magnet',
      offset: 0,
      actual: link,
      expected: 'it to start with magnet:?',
    });
  }
  const reader = new MagnetReader(new IssueList(strict));
  for (const parameter of splitParameters(link, scheme[0].length)) reader.read(parameter);
  return reader.magnet();
}

function fail(detail: MetainfoErrorDetail): never {
  throw new MetainfoError(detail);
}
