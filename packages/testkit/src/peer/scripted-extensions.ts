import { decode, encode, type BencodeDict, type Encodable } from '@millrace/bencode';
import {
  decodeMetadataMessage,
  decodePexMessage,
  encodeMessage,
  encodeMetadataMessage,
  encodePexMessage,
} from '@millrace/peer-wire';
import type { ConnectionOwner } from './connection-owner.ts';
import type { ExtensionBehaviour, MetadataAnswer } from './extension-behaviour.ts';

/** Our ids, which the remote uses. */
const ID = { ut_metadata: 3, ut_pex: 7, lt_donthave: 9 } as const;
type Name = keyof typeof ID;

const PIECE_LENGTH = 16_384;
/** Most bytes of metadata that a peer which wants some believes in. */
const MAX_WANTED_LENGTH = 2 ** 25;

/** What one connection of a scripted peer says beyond the protocol itself. */
export class ScriptedExtensions {
  readonly #peer: ConnectionOwner;
  readonly #behaviour: ExtensionBehaviour;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #after: (delayMs: number, callback: () => void) => void;
  #remoteIds = new Map<string, number>();
  #gathered = new Map<number, Uint8Array>();

  constructor(
    peer: ConnectionOwner,
    behaviour: ExtensionBehaviour,
    write: (bytes: Uint8Array) => void,
    after: (delayMs: number, callback: () => void) => void,
  ) {
    this.#peer = peer;
    this.#behaviour = behaviour;
    this.#write = write;
    this.#after = after;
  }

  /** Says hello. */
  start(): void {
    const { metadata, fields, rawHandshake } = this.#behaviour;
    const m = Object.fromEntries(this.#names().map((name): [string, number] => [name, ID[name]]));
    const handshake = { m, metadata_size: metadata?.length, v: 'scripted', ...fields };
    this.#send(0, rawHandshake ?? encode(handshake satisfies Encodable));
    for (const { afterMs, peers } of this.#behaviour.tells ?? []) {
      this.#after(afterMs, () => this.#sendTo('ut_pex', encodePexMessage({ added: peers, dropped: [] })));
    }
  }

  onMessage(id: number, payload: Uint8Array): void {
    if (id === 0) this.#onHandshake(payload);
    else if (id === ID.ut_metadata) this.#onMetadata(payload);
    else if (id === ID.ut_pex) this.#peer.statistics.toldPeers.push(...decodePexMessage(payload).added);
  }

  /** A connection was sent so many blocks. */
  onBlocks(count: number): void {
    const { givesUp } = this.#behaviour;
    if (givesUp?.afterBlocks !== count) return;
    for (const index of givesUp.pieces) {
      this.#sendTo('lt_donthave', Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index));
    }
  }

  #names(): Name[] {
    const { metadata, wantsMetadata, tells, givesUp } = this.#behaviour;
    const names: Name[] = metadata !== undefined || wantsMetadata === true ? ['ut_metadata'] : [];
    if (tells !== undefined) names.push('ut_pex');
    if (givesUp !== undefined) names.push('lt_donthave');
    return names;
  }

  #onHandshake(payload: Uint8Array): void {
    const handshake = decode(payload);
    if (!(handshake instanceof Map)) throw new Error('Cannot read extended handshake: it is no dictionary');
    const dict: BencodeDict = handshake;
    this.#peer.statistics.extendedHandshakes.push(dict);
    const ids = dict.get('m');
    if (!(ids instanceof Map)) return;
    for (const [name, id] of ids) if (typeof id === 'number') this.#remoteIds.set(name, id);
    const size = dict.get('metadata_size');
    if (this.#behaviour.wantsMetadata !== true || typeof size !== 'number' || size > MAX_WANTED_LENGTH)
      return;
    for (let piece = 0; piece * PIECE_LENGTH < size; piece += 1)
      this.#sendTo('ut_metadata', encodeMetadataMessage({ type: 'request', piece }));
  }

  #onMetadata(payload: Uint8Array): void {
    const message = decodeMetadataMessage(payload);
    const { statistics } = this.#peer;
    if (message.type === 'request') {
      const { metadataAnswer = 'honest' } = this.#behaviour;
      const count = statistics.metadataRequests;
      statistics.metadataRequests += 1;
      this.#answer(
        message.piece,
        typeof metadataAnswer === 'function' ? metadataAnswer(message.piece, count) : metadataAnswer,
      );
    } else if (message.type === 'data') {
      this.#gathered.set(message.piece, message.data.slice());
      const length = [...this.#gathered.values()].reduce((sum, data) => sum + data.length, 0);
      if (length < message.totalSize) return;
      const pieces = [...this.#gathered].toSorted(([one], [other]) => one - other);
      statistics.gatheredMetadata = new Uint8Array(Buffer.concat(pieces.map(([, data]) => data)));
    } else if (message.type === 'reject') {
      statistics.metadataRejects += 1;
    }
  }

  #answer(piece: number, answer: MetadataAnswer): void {
    const { metadata } = this.#behaviour;
    if (answer === 'silent') return;
    const begin = piece * PIECE_LENGTH;
    if (answer === 'reject' || metadata === undefined || begin >= metadata.length) {
      this.#sendTo('ut_metadata', encodeMetadataMessage({ type: 'reject', piece }));
      return;
    }
    const data = metadata.slice(begin, begin + PIECE_LENGTH);
    if (answer === 'corrupt') data[data.length >>> 1] = (data[data.length >>> 1] ?? 0) ^ 0xff;
    const message = encodeMetadataMessage({
      type: 'data',
      piece: answer === 'otherPiece' ? piece + 1 : piece,
      totalSize: answer === 'otherTotal' ? metadata.length + 1 : metadata.length,
      data: answer === 'short' ? data.subarray(1) : data,
    });
    const times = answer === 'twice' ? 2 : answer === 'endless' ? 100 : 1;
    for (let time = 0; time < times; time += 1) this.#sendTo('ut_metadata', message);
  }

  #sendTo(name: Name, payload: Uint8Array): void {
    const id = this.#remoteIds.get(name) ?? 0;
    if (id !== 0) this.#send(id, payload);
  }

  #send(id: number, payload: Uint8Array): void {
    this.#write(encodeMessage({ type: 'extended', id, payload }));
  }
}
