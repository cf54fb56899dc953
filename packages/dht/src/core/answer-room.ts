import { FILTER_LENGTH } from '../bloom-filter.ts';
import { compactLength, type Family } from '../endpoint.ts';
import type { KrpcAnswer, KrpcItem } from '../krpc/message.ts';
import { type Contact, ID_LENGTH } from '../node-id.ts';

/** BEP 32: "A node obeying this specification must not send UDP datagrams with a payload larger than 1024 octets". */
const MAX_LENGTH = 1024;
/** An answer with a value of BEP 44 in it may need more, and is still one packet of every network. */
const MAX_ITEM_LENGTH = 1400;
/** Keys, lengths and brackets of one more field, with a margin. */
const FIELD_OVERHEAD = 12;
const FILTERS_LENGTH = 2 * (FILTER_LENGTH + FIELD_OVERHEAD);
/** What a mutable value has besides its bytes: key, signature, sequence number. */
const SIGNED_LENGTH = 32 + 64 + 20 + 3 * FIELD_OVERHEAD;

/** Bytes of a ping, at most. */
export const PING_LENGTH = 64;

/** Keeps account of the bytes that an answer may have. */
export class AnswerRoom {
  #left: number;
  #leftWithItem: number;

  /**
   * @param limit Bytes that may go to whoever asks.
   * @param transactionIdLength Bytes of what is sent back.
   */
  constructor(limit: number, family: Family, transactionIdLength: number) {
    const bare = bareLength(family, transactionIdLength);
    this.#left = Math.min(limit, MAX_LENGTH) - bare;
    this.#leftWithItem = Math.min(limit, MAX_ITEM_LENGTH) - bare;
  }

  /** Leaves room for a ping that is sent along with the answer. */
  keepPing(): void {
    this.#take(PING_LENGTH);
  }

  /** Whether there is room for an answer at all. */
  get isEnough(): boolean {
    return this.#left >= 0;
  }

  /** Takes room for a field and returns its bytes, or `undefined` if there is none. */
  bytes<T extends Uint8Array>(key: string, bytes: T): T | undefined {
    return this.#take(key.length + bytes.length + 5) ? bytes : undefined;
  }

  /** Takes room for as many of the nodes as there is. */
  nodes(family: Family, nodes: readonly Contact[]): readonly Contact[] {
    const each = ID_LENGTH + compactLength(family);
    const count = Math.max(0, Math.min(nodes.length, Math.floor((this.#left - FIELD_OVERHEAD) / each)));
    if (count > 0) this.#take(FIELD_OVERHEAD + count * each);
    return nodes.slice(0, count);
  }

  /** Another room with half of what is left. What is taken from it is not yet taken from this one. */
  half(): AnswerRoom {
    const half = new AnswerRoom(0, 4, 0);
    half.#left = Math.floor(this.#left / 2);
    return half;
  }

  /** Takes room for nodes that were fitted into half of it. */
  taken({ nodes = [], nodes6 = [] }: KrpcAnswer): void {
    this.nodes(4, nodes);
    this.nodes(6, nodes6);
  }

  /** How many peers there is room for. */
  valueCount(family: Family): number {
    return Math.max(0, Math.floor((this.#left - FIELD_OVERHEAD) / (compactLength(family) + 3)));
  }

  /** How many info hashes there is room for, with what is said of them. */
  sampleCount(): number {
    return Math.max(0, Math.floor((this.#left - 4 * FIELD_OVERHEAD) / ID_LENGTH));
  }

  hasRoomForFilters(): boolean {
    return this.#left >= FILTERS_LENGTH;
  }

  takeFilters(): void {
    this.#take(FILTERS_LENGTH);
  }

  /** Takes room for a value; tells whether there is. */
  takeItem({ value, mutable }: KrpcItem): boolean {
    const length = FIELD_OVERHEAD + value.length + (mutable === undefined ? 0 : SIGNED_LENGTH);
    if (length > this.#leftWithItem) return false;
    // What is next to it may take the longer packet, too.
    this.#leftWithItem -= length;
    this.#left = this.#leftWithItem;
    return true;
  }

  #take(length: number): boolean {
    if (length > this.#left) return false;
    this.#left -= length;
    this.#leftWithItem -= length;
    return true;
  }
}

/** Bytes of an answer that says nothing but who answers, and where it sees whoever asked. */
export function bareLength(family: Family, transactionIdLength: number): number {
  const seenAs = '2:ip'.length + `${compactLength(family)}:`.length + compactLength(family);
  const id = '1:rd2:id20:'.length + ID_LENGTH + 'e'.length;
  const transactionId = '1:t'.length + `${transactionIdLength}:`.length + transactionIdLength;
  return 'd'.length + seenAs + id + transactionId + '1:y1:re'.length;
}
