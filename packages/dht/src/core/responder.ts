import type { Family } from '../endpoint.ts';
import type { KrpcAnswer, KrpcQuery, Want } from '../krpc/message.ts';
import { ID_LENGTH, type Contact, type RandomBytes } from '../node-id.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { PeerStore } from '../store/peer-store.ts';
import type { AnswerRoom } from './answer-room.ts';

/** Queries that only ask. */
export type Question = Exclude<KrpcQuery, { method: 'announce_peer' | 'put' }>;

export interface ResponderOptions {
  readonly family: Family;
  readonly random: RandomBytes;
  readonly peers: PeerStore;
  readonly items: ItemStore;
  /** A value did not fit into what may go to whoever asked: once it has shown that it is there, it may have it. */
  readonly onWithheld: () => void;
  /** Returns good nodes of a family near a target, closest first, at most eight. */
  readonly closest: (family: Family, target: Uint8Array, nowMs: number) => readonly Contact[];
}

/** Peers named in one answer, if there is room. */
const MAX_VALUES = 100;
/** Info hashes in one answer. */
const MAX_SAMPLES = 20;
/** How long the samples stay the same: asking more often brings nothing. BEP 51 */
const SAMPLE_MS = 10 * 60_000;

/** Answers questions, as well as the room that there is for the answer allows. */
export class Responder {
  readonly #options: ResponderOptions;
  #samples: Uint8Array = new Uint8Array();
  #sampledMs = Number.NEGATIVE_INFINITY;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** @param token Makes a token for whoever asks about a target. */
  answer(
    question: Question,
    room: AnswerRoom,
    token: (target: Uint8Array) => Uint8Array,
    nowMs: number,
  ): KrpcAnswer {
    switch (question.method) {
      case 'ping':
        return {};
      case 'find_node':
      case 'unknown':
        return this.#nodes(question.target, question.want, room, nowMs);
      case 'get_peers':
        return this.#peers(question, room, token, nowMs);
      case 'get':
        return this.#item(question, room, token, nowMs);
      case 'sample_infohashes':
        return this.#sample(question.target, question.want, room, nowMs);
      default:
        return question satisfies never;
    }
  }

  /** BEP 32: nodes of the families that are wanted, otherwise of the one that the packet came by. */
  #nodes(target: Uint8Array, want: Want | undefined, room: AnswerRoom, nowMs: number): KrpcAnswer {
    const { family, closest } = this.#options;
    const families = want === undefined || want.length === 0 ? [family] : want;
    const answer: { nodes?: readonly Contact[]; nodes6?: readonly Contact[] } = {};
    if (families.includes(4)) answer.nodes = room.nodes(4, closest(4, target, nowMs));
    if (families.includes(6)) answer.nodes6 = room.nodes(6, closest(6, target, nowMs));
    return answer;
  }

  #peers(
    question: Extract<Question, { method: 'get_peers' }>,
    room: AnswerRoom,
    token: (target: Uint8Array) => Uint8Array,
    nowMs: number,
  ): KrpcAnswer {
    const { family, peers, random } = this.#options;
    const { infoHash, want, scrape = false, noSeed = false } = question;
    const given = room.bytes('token', token(infoHash));
    const filters = scrape && room.hasRoomForFilters() ? peers.filters(infoHash) : undefined;
    if (filters !== undefined) room.takeFilters();
    const hasValues = peers.has(infoHash, family);
    // Half of what is left is for nodes, of which some must be named, or nobody gets closer to those who know all.
    const nodes = this.#nodes(infoHash, want, hasValues ? room.half() : room, nowMs);
    if (hasValues) room.taken(nodes);
    const values = hasValues
      ? peers.peers(infoHash, family, Math.min(MAX_VALUES, room.valueCount(family)), random, noSeed)
      : undefined;
    return {
      ...nodes,
      token: given,
      ...(values !== undefined && values.length > 0 && { values }),
      seedFilter: filters?.seeds,
      peerFilter: filters?.peers,
    };
  }

  #item(
    { target, want, sequence }: Extract<Question, { method: 'get' }>,
    room: AnswerRoom,
    token: (target: Uint8Array) => Uint8Array,
    nowMs: number,
  ): KrpcAnswer {
    const given = room.bytes('token', token(target));
    const stored = this.#options.items.get(target);
    const isNews =
      sequence === undefined || stored?.mutable === undefined || stored.mutable.sequence > sequence;
    const item = stored !== undefined && isNews && room.takeItem(stored) ? stored : undefined;
    if (stored !== undefined && isNews && item === undefined) {
      room.keepPing();
      this.#options.onWithheld();
    }
    const known = item === undefined ? stored?.mutable?.sequence : undefined;
    return { ...this.#nodes(target, want, room, nowMs), token: given, item, sequence: known };
  }

  #sample(target: Uint8Array, want: Want | undefined, room: AnswerRoom, nowMs: number): KrpcAnswer {
    const { peers, random } = this.#options;
    if (nowMs - this.#sampledMs >= SAMPLE_MS) {
      this.#samples = peers.sample(MAX_SAMPLES, random);
      this.#sampledMs = nowMs;
    }
    const nodes = this.#nodes(target, want, room.half(), nowMs);
    room.taken(nodes);
    return {
      ...nodes,
      samples: this.#samples.subarray(0, room.sampleCount() * ID_LENGTH),
      sampleCount: peers.hashCount,
      sampleIntervalMs: Math.max(0, this.#sampledMs + SAMPLE_MS - nowMs),
    };
  }
}
