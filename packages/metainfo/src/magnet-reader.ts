import { MetainfoError } from './error.ts';
import { type FileRange, parseFileRange } from './file-ranges.ts';
import type { InfoHash } from './info-hash.ts';
import type { IssueList } from './issue.ts';
import { MAX_FILE_RANGES, MAX_MAGNET_VALUES } from './limits.ts';
import type { Magnet, MagnetParameter } from './magnet.ts';
import { parseExactTopic } from './magnet-hash.ts';
import { type MagnetPeer, parseMagnetPeer } from './magnet-peer.ts';
import { type PlacedParameter, plainKey, unescapeText } from './magnet-text.ts';

const SHOWN_KEY_LENGTH = 16;

/** Takes the parameters of a link one by one and puts together what they say. */
export class MagnetReader {
  readonly #issues: IssueList;
  readonly #lists = {
    tr: new Set<string>(),
    ws: new Set<string>(),
    xs: new Set<string>(),
    as: new Set<string>(),
  };
  readonly #peers = new Map<string, MagnetPeer>();
  readonly #selection: FileRange[] = [];
  readonly #others: MagnetParameter[] = [];
  #infoHash: InfoHash | undefined;
  #multihash: Uint8Array | undefined;
  #name: string | undefined;
  #length: number | undefined;

  constructor(issues: IssueList) {
    this.#issues = issues;
  }

  read(parameter: PlacedParameter): void {
    const key = plainKey(parameter.key);
    switch (key) {
      case 'xt':
        this.#readTopic(parameter);
        break;
      case 'dn':
        this.#readName(parameter);
        break;
      case 'xl':
        this.#readLength(parameter);
        break;
      case 'tr':
      case 'ws':
      case 'xs':
      case 'as':
        this.#readUrl(parameter, key);
        break;
      case 'x.pe':
        this.#readPeer(parameter);
        break;
      case 'so':
        this.#readSelection(parameter);
        break;
      default:
        this.#keep(parameter);
    }
  }

  /** @throws {MetainfoError} if no info hash was among what was read. */
  magnet(): Magnet {
    if (this.#infoHash === undefined) {
      throw new MetainfoError(
        this.#multihash === undefined
          ? { code: 'MISSING_FIELD', field: 'magnet.xt' }
          : { code: 'UNSUPPORTED_META_VERSION', field: 'magnet.xt', version: 2 },
      );
    }
    return {
      version: 'v1',
      infoHash: this.#infoHash,
      ...(this.#multihash !== undefined && { multihash: this.#multihash }),
      ...(this.#name !== undefined && { name: this.#name }),
      ...(this.#length !== undefined && { length: this.#length }),
      trackers: [...this.#lists.tr],
      webSeeds: [...this.#lists.ws],
      exactSources: [...this.#lists.xs],
      acceptableSources: [...this.#lists.as],
      peers: [...this.#peers.values()],
      ...(this.#selection.length > 0 && { selection: this.#selection }),
      others: this.#others,
      issues: this.#issues.items,
    };
  }

  #readTopic(parameter: PlacedParameter): void {
    const text = unescapeText(parameter.value).trim();
    const topic = parseExactTopic(text);
    const { offset } = parameter;
    switch (topic.type) {
      case 'infoHash':
        if (!isSame(this.#infoHash, topic.hash)) throw conflict(offset, text);
        this.#infoHash = topic.hash;
        break;
      case 'multihash':
        if (!isSame(this.#multihash, topic.bytes)) throw conflict(offset, text);
        this.#multihash = topic.bytes;
        break;
      case 'invalid':
        throw invalidTopic(offset, text, topic.expected);
      case 'unknown':
        this.#keep(parameter);
        break;
      default:
        topic satisfies never;
    }
  }

  #readName({ value, offset }: PlacedParameter): void {
    const name = unescapeText(value.replaceAll('+', ' '));
    if (name === '' || name === this.#name) return;
    if (this.#name === undefined) this.#name = name;
    else this.#reject('dn', offset, name, 'one name');
  }

  #readLength({ value, offset }: PlacedParameter): void {
    const text = unescapeText(value);
    const length = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(length)) this.#reject('xl', offset, text, 'a number of bytes');
    else if (this.#length === undefined) this.#length = length;
    else if (this.#length !== length) this.#reject('xl', offset, text, 'one length');
  }

  #readUrl({ value, offset }: PlacedParameter, key: 'tr' | 'ws' | 'xs' | 'as'): void {
    const list = this.#lists[key];
    if (!this.#hasRoom(key, list.size, offset)) return;
    const url = unescapeText(value);
    if (url !== '') list.add(url);
  }

  #readPeer({ value, offset }: PlacedParameter): void {
    if (!this.#hasRoom('x.pe', this.#peers.size, offset)) return;
    const text = unescapeText(value);
    const peer = parseMagnetPeer(text);
    if (peer === undefined) this.#reject('x.pe', offset, text, 'host:port, such as [2001:db8::7]:6881');
    else this.#peers.set(peer.text, peer);
  }

  #readSelection({ value, offset }: PlacedParameter): void {
    for (const part of unescapeText(value).split(',')) {
      if (!this.#hasRoom('so', this.#selection.length, offset, MAX_FILE_RANGES)) return;
      const range = parseFileRange(part.trim());
      if (range === undefined) this.#reject('so', offset, part, 'file indices, such as 0,2,6-8');
      else this.#selection.push(range);
    }
  }

  #keep({ key, value, offset }: PlacedParameter): void {
    if (!this.#hasRoom(key.slice(0, SHOWN_KEY_LENGTH), this.#others.length, offset)) return;
    this.#others.push({ key: escapeSpace(key), value: escapeSpace(value) });
  }

  #hasRoom(key: string, count: number, offset: number, maxCount: number = MAX_MAGNET_VALUES): boolean {
    if (count < maxCount) return true;
    this.#issues.add({ code: 'TOO_MANY_PARAMETERS', field: `magnet.${key}`, offset, maxCount });
    return false;
  }

  #reject(key: string, offset: number, actual: string, expected: string): void {
    this.#issues.add({ code: 'INVALID_MAGNET', field: `magnet.${key}`, offset, actual, expected });
  }
}

function isSame(known: Uint8Array | undefined, hash: Uint8Array): boolean {
  return known === undefined || known.join() === hash.join();
}

function conflict(offset: number, actual: string): MetainfoError {
  return invalidTopic(offset, actual, 'the same hash as before it');
}

function invalidTopic(offset: number, actual: string, expected: string): MetainfoError {
  return new MetainfoError({ code: 'INVALID_MAGNET', field: 'magnet.xt', offset, actual, expected });
}

/** White space at the end of a link is lost; as an escape it stays. */
function escapeSpace(text: string): string {
  return text.replaceAll(/\s/g, (space) => encodeURIComponent(space));
}
