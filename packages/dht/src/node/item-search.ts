import { BencodeError, type BencodeValue, decode, type Encodable, encode } from '@millrace/bencode';
import { isImmutableOf, searchItem, storeOn, type StoreResult } from '../core/search.ts';
import { DhtError } from '../error.ts';
import { type SigningKey, verifyByWebCrypto } from '../item/ed25519.ts';
import {
  immutableTarget,
  MAX_SALT_LENGTH,
  MAX_SEQUENCE,
  MAX_VALUE_LENGTH,
  mutableTarget,
  PUBLIC_KEY_LENGTH,
  signedBytes,
} from '../item/signing.ts';
import { toKey } from '../bytes.ts';
import type { KrpcItem } from '../krpc/message.ts';
import type { LookupResult } from '../lookup/lookup.ts';
import { ID_LENGTH } from '../node-id.ts';
import { abortable } from './abortable.ts';
import { noNodes } from './failure.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';

/** Names a value that its owner can change. */
export interface MutableName {
  /** 32 bytes, ed25519. */
  readonly publicKey: Uint8Array;
  /** Tells several values of one key apart; at most 64 bytes. @defaultValue none */
  readonly salt?: Uint8Array;
}

/** A value that was found in the DHT; its hash or its signature is right. */
export interface DhtItem {
  /** 20 bytes. */
  readonly target: Uint8Array;
  readonly value: BencodeValue;
  /** The value, bencoded, exactly as it was stored. */
  readonly encoded: Uint8Array;
  /** What only a mutable one has. */
  readonly sequence: bigint | undefined;
  readonly signature: Uint8Array | undefined;
}

/** A value to be stored that only the owner of a key can change. */
export interface MutablePut {
  readonly key: SigningKey;
  readonly value: Encodable;
  readonly salt?: Uint8Array;
  /** @defaultValue one more than what is found */
  readonly sequence?: bigint;
  /** Store it only in the place of a value with this sequence number. */
  readonly cas?: bigint;
}

/** What a lookup of a value came to. */
interface Found {
  readonly result: LookupResult;
  readonly item: KrpcItem | undefined;
  /** Nodes, by their id, that have a value with a right signature. */
  readonly holders: ReadonlySet<string>;
}

/** Looks for a value in both families. @throws {DhtError} `NO_NODES` if nobody answered. */
export async function getFromAny(
  members: Members,
  target: Uint8Array,
  name: Uint8Array | MutableName,
  signal: AbortSignal,
): Promise<DhtItem | undefined> {
  let found = await members.eachFamily(signal, (member) => find(member, target, name, signal));
  if (found.every(({ item, result }) => item === undefined && result.answers > 0)) {
    // Nodes may keep a value back until they know that we are where we say, which they do once we have answered their ping.
    found = await members.eachFamily(signal, (member) => find(member, target, name, signal));
  }
  const items = found.flatMap(({ item }) => (item === undefined ? [] : [item]));
  if (items.length > 0) return toItem(target, items.reduce(newer));
  const error = noNodes(found.map(({ result }) => result));
  if (error !== undefined) throw error;
  return undefined;
}

/** Stores a value that cannot change. */
export async function putImmutable(
  member: Member,
  encoded: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<StoreResult> {
  const target = immutableTarget(encoded);
  const { result } = await find(member, target, target, signal);
  return store(member, result, { value: encoded }, undefined, new Set(), signal);
}

/** Signs a value and stores it in both families, with a sequence number greater than what is in either. */
export async function putMutable(
  members: Members,
  { key, salt = new Uint8Array(), sequence, cas }: MutablePut,
  encoded: Uint8Array,
  signal: AbortSignal,
): Promise<{ readonly results: readonly StoreResult[]; readonly sequence: bigint }> {
  const name = { publicKey: key.publicKey, salt };
  const target = targetOfName(name);
  const searches = await members.eachFamily(signal, async (member) => ({
    member,
    found: await find(member, target, name, signal),
  }));
  const items = searches.flatMap(({ found }) => (found.item === undefined ? [] : [found.item]));
  const known = items.length === 0 ? undefined : items.reduce(newer).mutable?.sequence;
  if (known !== undefined && cas !== undefined && cas !== known) {
    throw new DhtError({ code: 'CONFLICT', sequence: known, expected: cas });
  }
  const next = sequence ?? (known ?? 0n) + 1n;
  if (next < 0n || next > MAX_SEQUENCE) {
    throw new RangeError(`Cannot store with sequence number ${next}: it must be 0 to ${MAX_SEQUENCE}`);
  }
  const signature = await key.sign(signedBytes(salt, next, encoded));
  const item = { value: encoded, mutable: { publicKey: key.publicKey, signature, sequence: next, salt } };
  const results = await Promise.all(
    searches.map(({ member, found }) => store(member, found.result, item, cas, found.holders, signal)),
  );
  return { results, sequence: next };
}

/** Bencodes a value. @throws {RangeError} if that is more than nodes store. */
export function encodeValue(value: Encodable): Uint8Array<ArrayBuffer> {
  const encoded = encode(value);
  if (encoded.length > MAX_VALUE_LENGTH) {
    throw new RangeError(
      `Cannot store ${encoded.length} bytes: they must be at most ${MAX_VALUE_LENGTH}, bencoded`,
    );
  }
  return encoded;
}

/** @throws {RangeError} if a target, key or salt has a wrong length. */
export function targetOfName(name: Uint8Array | MutableName): Uint8Array {
  if (name instanceof Uint8Array) {
    if (name.length !== ID_LENGTH) {
      throw new RangeError(`Cannot use ${name.length} bytes as a target: it must be ${ID_LENGTH}`);
    }
    return name;
  }
  const { publicKey, salt = new Uint8Array() } = name;
  if (publicKey.length !== PUBLIC_KEY_LENGTH) {
    throw new RangeError(
      `Cannot use ${publicKey.length} bytes as a public key: it must be ${PUBLIC_KEY_LENGTH}`,
    );
  }
  if (salt.length > MAX_SALT_LENGTH) {
    throw new RangeError(
      `Cannot use ${salt.length} bytes as a salt: they must be at most ${MAX_SALT_LENGTH}`,
    );
  }
  return mutableTarget(publicKey, salt);
}

async function find(
  member: Member,
  target: Uint8Array,
  wanted: Uint8Array | MutableName,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const holders = new Set<string>();
  const checks: Promise<void>[] = [];
  let best: KrpcItem | undefined;
  const consider = async (item: KrpcItem, holder: string): Promise<void> => {
    if (!(await isRight(item, target, wanted))) return;
    holders.add(holder);
    best = best === undefined ? item : newer(best, item);
  };
  const own = member.core.items.get(target);
  if (own !== undefined) checks.push(consider(own, ''));
  const result = await abortable<LookupResult>(signal, (resolve) =>
    member.run((core, nowMs) =>
      searchItem(
        core,
        target,
        (item, { id }) => {
          checks.push(consider(item, toKey(id)));
        },
        resolve,
        nowMs,
      ),
    ),
  );
  await Promise.all(checks);
  return { result, item: best, holders };
}

function newer(one: KrpcItem, other: KrpcItem): KrpcItem {
  return (other.mutable?.sequence ?? 0n) > (one.mutable?.sequence ?? 0n) ? other : one;
}

/** Tells whether a value is what was looked for: that of its hash, or signed by the owner of the key. */
async function isRight(
  item: KrpcItem,
  target: Uint8Array,
  wanted: Uint8Array | MutableName,
): Promise<boolean> {
  if (wanted instanceof Uint8Array && item.mutable === undefined) return isImmutableOf(target, item);
  if (item.mutable === undefined) return false;
  const { publicKey, sequence, signature } = item.mutable;
  // Answers do not repeat the salt: it is part of what was looked for, or it is not known and there is none.
  const salt = wanted instanceof Uint8Array ? new Uint8Array() : (wanted.salt ?? new Uint8Array());
  if (mutableTarget(publicKey, salt).some((byte, at) => byte !== target[at])) return false;
  return verifyByWebCrypto(publicKey, signature, signedBytes(salt, sequence, item.value));
}

async function store(
  member: Member,
  found: LookupResult,
  item: KrpcItem,
  cas: bigint | undefined,
  holders: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<StoreResult> {
  return abortable(signal, (resolve) =>
    member.run((core, nowMs) => {
      storeOn(
        core,
        found,
        // BEP 44: not to nodes that had nothing.
        ({ id }, token) => ({ method: 'put', token, item, cas: holders.has(toKey(id)) ? cas : undefined }),
        resolve,
        nowMs,
      );
      return undefined;
    }),
  );
}

function toItem(target: Uint8Array, { value, mutable }: KrpcItem): DhtItem | undefined {
  try {
    return {
      target,
      value: decode(value, { strict: false }),
      encoded: value,
      sequence: mutable?.sequence,
      signature: mutable?.signature,
    };
  } catch (error) {
    if (BencodeError.is(error)) return undefined;
    throw error;
  }
}
