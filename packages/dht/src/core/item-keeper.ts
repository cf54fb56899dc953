import { KRPC_ERROR, type KrpcItem } from '../krpc/message.ts';
import type { Verify } from '../item/ed25519.ts';
import {
  immutableTarget,
  MAX_SALT_LENGTH,
  MAX_SEQUENCE,
  MAX_VALUE_LENGTH,
  mutableTarget,
  signedBytes,
} from '../item/signing.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { Refusal } from '../traffic/rpc.ts';

/** Signatures verified at once: more are refused, not queued. */
const MAX_VERIFYING = 16;

/** Returns the target that an item is stored under. */
export function targetOf({ value, mutable }: KrpcItem): Uint8Array<ArrayBuffer> {
  return mutable === undefined ? immutableTarget(value) : mutableTarget(mutable.publicKey, mutable.salt);
}

/** Takes values into the store, once it is sure that they may be there. */
export class ItemKeeper {
  readonly #store: ItemStore;
  readonly #verify: Verify;
  #verifying = 0;

  constructor(store: ItemStore, verify: Verify) {
    this.#store = store;
    this.#verify = verify;
  }

  /**
   * Checks a value and stores it.
   *
   * @param reply Hears why it was refused, or that it was not; at once, or when a signature has been verified.
   */
  put(
    { item, cas, ip }: { readonly item: KrpcItem; readonly cas: bigint | undefined; readonly ip: Uint8Array },
    now: () => number,
    reply: (refusal?: Refusal) => void,
  ): void {
    const target = targetOf(item);
    const refusal = this.#problem(item) ?? this.#store.conflict(target, item, cas);
    const { mutable } = item;
    if (refusal !== undefined) return reply(refusal);
    if (mutable === undefined) {
      this.#store.put(target, item, ip, now());
      return reply();
    }
    if (this.#verifying >= MAX_VERIFYING) return reply({ errorCode: KRPC_ERROR.server, reason: 'busy' });
    this.#verifying += 1;
    const { publicKey, signature, salt, sequence } = mutable;
    void this.#verify(publicKey, signature, signedBytes(salt, sequence, item.value)).then((isValid) => {
      this.#verifying -= 1;
      if (!isValid) return reply({ errorCode: KRPC_ERROR.invalidSignature, reason: 'invalid signature' });
      // Another one may have come in between.
      const conflict = this.#store.conflict(target, item, cas);
      if (conflict === undefined) this.#store.put(target, item, ip, now());
      return reply(conflict);
    });
  }

  #problem({ value, mutable }: KrpcItem): Refusal | undefined {
    if (value.length > MAX_VALUE_LENGTH)
      return { errorCode: KRPC_ERROR.valueTooBig, reason: 'value too big' };
    if (mutable === undefined) return undefined;
    if (mutable.salt.length > MAX_SALT_LENGTH)
      return { errorCode: KRPC_ERROR.saltTooBig, reason: 'salt too big' };
    if (mutable.sequence < 0n || mutable.sequence > MAX_SEQUENCE) {
      return { errorCode: KRPC_ERROR.protocol, reason: 'sequence number out of range' };
    }
    return undefined;
  }
}
