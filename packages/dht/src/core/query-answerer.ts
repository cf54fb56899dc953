import type { Endpoint, Family } from '../endpoint.ts';
import type { Verify } from '../item/ed25519.ts';
import { encodeAnswer, encodeError } from '../krpc/encode.ts';
import { KRPC_ERROR, type KrpcAnswer, type KrpcMessage, type KrpcQuery } from '../krpc/message.ts';
import type { Contact, RandomBytes } from '../node-id.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { PeerStore } from '../store/peer-store.ts';
import { TokenSecrets } from '../token.ts';
import type { ByteBudget } from '../traffic/byte-budget.ts';
import type { HostLedger } from '../traffic/host-ledger.ts';
import type { Refusal } from '../traffic/rpc.ts';
import { AnswerRoom, PING_LENGTH } from './answer-room.ts';
import { ItemKeeper, targetOf } from './item-keeper.ts';
import { Responder } from './responder.ts';

export interface QueryAnswererOptions {
  readonly family: Family;
  readonly nowMs: number;
  readonly random: RandomBytes;
  readonly send: (packet: Uint8Array, to: Endpoint) => void;
  readonly budget: ByteBudget;
  readonly ledger: HostLedger;
  readonly id: () => Uint8Array;
  /** The time now, for what has waited for a signature to be verified. */
  readonly now: () => number;
  readonly isReadOnly: boolean;
  readonly peers: PeerStore;
  readonly items: ItemStore;
  readonly verify: Verify;
  readonly closest: (family: Family, target: Uint8Array, nowMs: number) => readonly Contact[];
}

/** Bytes a second that are left to what we ask ourselves, however much we are asked. */
const RESERVE = 2000;

type Query = Extract<KrpcMessage, { type: 'query' }>;

/** Answers queries, stores what is announced and put, and sends no more than may be sent. */
export class QueryAnswerer {
  readonly counts = { queriesAnswered: 0, answersWithheld: 0 };
  readonly #options: QueryAnswererOptions;
  readonly #responder: Responder;
  readonly #tokens: TokenSecrets;
  readonly #keeper: ItemKeeper;
  #isWithheld = false;

  constructor(options: QueryAnswererOptions) {
    this.#options = options;
    this.#responder = new Responder({
      ...options,
      onWithheld: () => {
        this.#isWithheld = true;
      },
    });
    this.#tokens = new TokenSecrets(options.random, options.nowMs);
    this.#keeper = new ItemKeeper(options.items, options.verify);
  }

  /** @returns Whether a value was withheld that whoever asks may have once it has answered a ping. */
  answer(message: Query, from: Endpoint, nowMs: number): boolean {
    this.#isWithheld = false;
    if (!this.#options.isReadOnly) this.#answer(message, from, nowMs);
    return this.#isWithheld;
  }

  #answer(message: Query, from: Endpoint, nowMs: number): void {
    const { query, transactionId } = message;
    switch (query.method) {
      case 'announce_peer':
        this.#announced(query, message, from, nowMs);
        break;
      case 'put':
        this.#put(query, message, from, nowMs);
        break;
      case 'ping':
      case 'find_node':
      case 'get_peers':
      case 'get':
      case 'sample_infohashes':
      case 'unknown': {
        const limit = this.#options.ledger.credit(from.ip, nowMs);
        const room = new AnswerRoom(limit, this.#options.family, transactionId.length);
        const token = (target: Uint8Array): Uint8Array => this.#tokens.give(from.ip, target, nowMs);
        if (!room.isEnough) this.counts.answersWithheld += 1;
        else this.#reply(this.#responder.answer(query, room, token, nowMs), message, from, nowMs);
        break;
      }
      default:
        query satisfies never;
    }
  }

  /** Answers with an error. */
  refuse(
    { transactionId, errorCode, reason }: Refusal & { readonly transactionId: Uint8Array },
    from: Endpoint,
    nowMs: number,
  ): void {
    if (this.#options.isReadOnly) return;
    this.#send(encodeError(errorCode, reason, { transactionId, to: from }), from, nowMs);
  }

  /** Whether a ping may go to someone who asked something: to an address that may be forged, it counts like an answer. */
  mayPing({ ip }: Endpoint, nowMs: number): boolean {
    const { ledger } = this.#options;
    if (ledger.credit(ip, nowMs) < PING_LENGTH) return false;
    ledger.charge(ip, PING_LENGTH);
    return true;
  }

  #announced(
    query: Extract<KrpcQuery, { method: 'announce_peer' }>,
    message: Query,
    from: Endpoint,
    nowMs: number,
  ): void {
    if (!this.#knows(query.token, query.infoHash, message, from, nowMs)) return;
    const port = query.impliedPort ? from.port : query.port;
    this.#options.peers.add(query.infoHash, { ip: from.ip, port }, query.seed, nowMs);
    this.#reply({}, message, from, nowMs);
  }

  #put(query: Extract<KrpcQuery, { method: 'put' }>, message: Query, from: Endpoint, nowMs: number): void {
    const { item, cas, token } = query;
    if (!this.#knows(token, targetOf(item), message, from, nowMs)) return;
    const { now } = this.#options;
    this.#keeper.put({ item, cas, ip: from.ip }, now, (refusal) => {
      if (refusal === undefined) this.#reply({}, message, from, now());
      else this.refuse({ ...refusal, transactionId: message.transactionId }, from, now());
    });
  }

  /** A token that we gave proves that its bearer receives what we send. */
  #knows(
    token: Uint8Array,
    target: Uint8Array,
    { transactionId }: Query,
    from: Endpoint,
    nowMs: number,
  ): boolean {
    const isKnown = this.#tokens.knows(token, from.ip, target, nowMs);
    if (isKnown) this.#options.ledger.prove(from.ip, nowMs);
    else this.refuse({ transactionId, errorCode: KRPC_ERROR.protocol, reason: 'bad token' }, from, nowMs);
    return isKnown;
  }

  #reply(answer: KrpcAnswer, { transactionId }: Query, from: Endpoint, nowMs: number): void {
    this.#send(encodeAnswer(answer, { transactionId, id: this.#options.id(), to: from }), from, nowMs);
  }

  #send(packet: Uint8Array, to: Endpoint, nowMs: number): void {
    const { ledger, budget, send } = this.#options;
    if (packet.length > ledger.credit(to.ip, nowMs) || !budget.take(packet.length, nowMs, RESERVE)) {
      this.counts.answersWithheld += 1;
      return;
    }
    ledger.charge(to.ip, packet.length);
    this.counts.queriesAnswered += 1;
    send(packet, to);
  }
}
