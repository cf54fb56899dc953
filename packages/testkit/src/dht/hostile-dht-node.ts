import {
  compareDistance,
  type Contact,
  decodeMessage,
  encodeAnswer,
  type Endpoint,
  type KrpcAnswer,
  secureId,
} from '@millrace/dht';
import type { Random } from '../random.ts';
import { AddressDrawer, bytesFrom } from './dht-population.ts';
import type { VirtualHost } from './virtual-network.ts';

/**
 * How a node harms lookups: it says that it knows nobody; names nodes that are not there, or not with that id; or has put
 * itself next to a target and names only others that did.
 */
export type Malice = 'empty' | 'wrong' | 'squatter';

export interface HostileNodeOptions {
  readonly malice: Malice;
  readonly contact: Contact;
  readonly random: Random;
  readonly send: (packet: Uint8Array, from: Endpoint, to: Endpoint) => void;
  /** Others that squat near the same target. */
  readonly accomplices: () => readonly Contact[];
}

/** A node that answers everything, takes every announce, and lies. */
export class HostileDhtNode implements VirtualHost {
  readonly #options: HostileNodeOptions;

  constructor(options: HostileNodeOptions) {
    this.#options = options;
  }

  receive(packet: Uint8Array, from: Endpoint): void {
    const message = decodeMessage(packet);
    if (message.type !== 'query') return;
    const { contact, send } = this.#options;
    const { query, transactionId } = message;
    const target = 'target' in query ? query.target : 'infoHash' in query ? query.infoHash : undefined;
    const answer = target === undefined ? {} : this.#answer(target);
    send(encodeAnswer(answer, { transactionId, id: contact.id, to: from }), contact.endpoint, from);
  }

  #answer(target: Uint8Array): KrpcAnswer {
    const { malice, random, accomplices } = this.#options;
    const token = new Uint8Array(4);
    switch (malice) {
      case 'empty':
        return { nodes: [], token };
      case 'wrong':
        return { nodes: Array.from({ length: 8 }, () => invented(target, random)), token };
      case 'squatter':
        return { nodes: nearest(target, accomplices(), 8), token };
      default:
        return malice satisfies never;
    }
  }
}

/** Makes up a node: with an id next to the target that does not belong to its address, or one as near as an address allows. */
function invented(target: Uint8Array, random: Random): Contact {
  const endpoint = new AddressDrawer(random).draw();
  if (random() < 0.5) return { id: squattingId(target, endpoint.ip, random), endpoint };
  const id = Uint8Array.from(target);
  id[19] = random() * 256;
  return { id, endpoint };
}

/** Returns the id next to a target that an address can have, the rest of the bits being free. */
export function squattingId(target: Uint8Array, ip: Uint8Array, random: Random): Uint8Array {
  const ids = Array.from({ length: 24 }, () => secureId(ip, bytesFrom(random)));
  const [best = new Uint8Array(20)] = ids.toSorted((one, other) => compareDistance(target, one, other));
  const id = Uint8Array.from(target);
  // What the address decides are the first 21 bits, with the last byte.
  id.set(best.subarray(0, 2));
  id[2] = ((best[2] ?? 0) & 0xf8) | ((target[2] ?? 0) & 0x07);
  id[19] = best[19] ?? 0;
  return id;
}

function nearest(target: Uint8Array, contacts: readonly Contact[], count: number): Contact[] {
  return contacts.toSorted((one, other) => compareDistance(target, one.id, other.id)).slice(0, count);
}
