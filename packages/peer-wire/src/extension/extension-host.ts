import type { Bitfield } from '../bitfield.ts';
import { encodeExtendedHeader } from '../encode.ts';
import {
  checkExtendedFields,
  decodeExtendedHandshake,
  encodeExtendedHandshake,
  NOT_EXTENDED,
  type ExtendedFields,
  type RemoteExtended,
} from './extended-handshake.ts';
import type { Extension, ExtensionChannel } from './extension.ts';

/** The id of the handshake in either direction. */
const HANDSHAKE_ID = 0;
const MAX_ID = 255;
const NAME = /^[\x21-\x7e]{1,64}$/;

/** What a host needs of its session. */
export interface ExtensionHostOptions {
  readonly fields: ExtendedFields;
  readonly extensions: readonly Extension[];
  readonly remoteHave: Bitfield;
  readonly now: () => number;
  readonly push: (bytes: Uint8Array) => void;
}

/**
 * The extensions that one session carries. Each has an id of ours, by which the remote calls it and which is never given
 * to another; and an id of the remote's, while the remote supports it.
 */
export class ExtensionHost {
  readonly #options: ExtensionHostOptions;
  /** By our id; none at that of the handshake, and where one was removed. */
  readonly #byId: (Extension | undefined)[] = [undefined];
  #fields: ExtendedFields;
  #remote: RemoteExtended = NOT_EXTENDED;
  #isOpen = false;

  constructor(options: ExtensionHostOptions) {
    this.#options = options;
    this.#fields = options.fields;
    checkExtendedFields(options.fields);
    for (const extension of options.extensions) this.add(extension);
  }

  get remote(): RemoteExtended {
    return this.#remote;
  }

  /** Whether both sides speak the extension protocol. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Both sides speak the extension protocol: says what we have. */
  open(): void {
    this.#isOpen = true;
    const ids = new Map<string, number>();
    for (const [id, extension] of this.#byId.entries())
      if (extension !== undefined) ids.set(extension.name, id);
    this.#sendHandshake(this.#fields, ids);
  }

  /** @throws {RangeError} if a field cannot be. */
  update(fields: ExtendedFields): void {
    const known = new Map<string, unknown>(Object.entries(this.#fields));
    const changed: ExtendedFields = Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => value !== undefined && value !== known.get(name)),
    );
    if (Object.keys(changed).length === 0) return;
    checkExtendedFields(changed);
    this.#fields = { ...this.#fields, ...changed };
    if (this.#isOpen) this.#sendHandshake(changed, new Map());
  }

  /** @throws {RangeError} if the name cannot be, or is taken, or there are too many. */
  add(extension: Extension): void {
    const { name } = extension;
    const isTaken = this.#byId.some((other) => other?.name === name);
    if (!NAME.test(name) || isTaken || this.#byId.length > MAX_ID) {
      throw new RangeError(
        `Cannot add extension ${JSON.stringify(name)}: its name must be its own, of 1 to 64 printable ASCII characters, and one of ${MAX_ID} at most`,
      );
    }
    const id = this.#byId.push(extension) - 1;
    extension.attach(new Channel(this, id, name, this.#options));
    if (!this.#isOpen) return;
    this.#sendHandshake({}, new Map([[name, id]]));
    if (this.#remote.extensions.has(name)) extension.onSupport?.(true);
  }

  remove(name: string): void {
    const id = this.#byId.findIndex((extension) => extension?.name === name);
    if (id < 0) return;
    this.#byId[id] = undefined;
    if (this.#isOpen) this.#sendHandshake({}, new Map([[name, 0]]));
  }

  /**
   * Takes a message by our id for it.
   *
   * @returns Whether it was asked for.
   * @throws {PeerWireError} `MALFORMED_EXTENSION`, `MESSAGE_TOO_LONG`, and what an extension throws.
   */
  receive(id: number, payload: Uint8Array): boolean {
    if (!this.#isOpen) return false;
    if (id !== HANDSHAKE_ID) return this.#byId[id]?.onMessage(payload) ?? false;
    const before = this.#remote.extensions;
    this.#remote = decodeExtendedHandshake(payload, this.#remote);
    const after = this.#remote.extensions;
    for (const extension of this.#byId) {
      if (extension === undefined) continue;
      const isSupported = after.has(extension.name);
      if (isSupported !== before.has(extension.name)) extension.onSupport?.(isSupported);
    }
    return false;
  }

  tick(): void {
    for (const extension of this.#byId) extension?.onTick?.();
  }

  /** The remote's id for an extension of ours, while both have it. */
  remoteId(localId: number, name: string): number | undefined {
    return this.#byId[localId] === undefined ? undefined : this.#remote.extensions.get(name);
  }

  /** Queues a message of the remote's id `id`. */
  push(id: number, parts: readonly Uint8Array[]): void {
    const { push } = this.#options;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    push(encodeExtendedHeader(id, length));
    for (const part of parts) if (part.length > 0) push(part);
  }

  #sendHandshake(fields: ExtendedFields, ids: ReadonlyMap<string, number>): void {
    this.push(HANDSHAKE_ID, [encodeExtendedHandshake(fields, ids)]);
  }
}

/** The way of one extension. Removed, it has none to the remote any more. */
class Channel implements ExtensionChannel {
  readonly remoteHave: Bitfield;
  readonly #host: ExtensionHost;
  readonly #localId: number;
  readonly #name: string;
  readonly #now: () => number;

  constructor(
    host: ExtensionHost,
    localId: number,
    name: string,
    { now, remoteHave }: Pick<ExtensionHostOptions, 'now' | 'remoteHave'>,
  ) {
    this.#host = host;
    this.#localId = localId;
    this.#name = name;
    this.#now = now;
    this.remoteHave = remoteHave;
  }

  get isSupported(): boolean {
    return this.#host.remoteId(this.#localId, this.#name) !== undefined;
  }

  get nowMs(): number {
    return this.#now();
  }

  get remote(): RemoteExtended {
    return this.#host.remote;
  }

  send(...parts: readonly Uint8Array[]): boolean {
    const id = this.#host.remoteId(this.#localId, this.#name);
    if (id === undefined) return false;
    this.#host.push(id, parts);
    return true;
  }
}
