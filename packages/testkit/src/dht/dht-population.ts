import { compareDistance, type Contact, type Endpoint, secureId } from '@millrace/dht';
import type { Random } from '../random.ts';

const ZERO = new Uint8Array(20);

/** Draws `length` bytes; for simulations, where whoever knows the seed may foresee them. */
export function bytesFrom(random: Random): (length: number) => Uint8Array {
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 1) bytes[at] = random() * 256;
    return bytes;
  };
}

/** Draws public IPv4 addresses, no two of which are of one network. */
export class AddressDrawer {
  readonly #random: Random;
  readonly #networks = new Set<number>();

  constructor(random: Random) {
    this.#random = random;
  }

  draw(): Endpoint {
    for (;;) {
      // 11.0.0.0 to 125.255.255.255: nothing in between is of a local network.
      const network = Math.floor((11 + this.#random() * 115) * 65_536);
      if (this.#networks.has(network)) continue;
      this.#networks.add(network);
      const last = 1 + Math.floor(this.#random() * 254);
      const ip = Uint8Array.of(network >>> 16, (network >>> 8) & 0xff, network & 0xff, last);
      return { ip, port: 1024 + Math.floor(this.#random() * 60_000) };
    }
  }
}

/** Draws a node with an id that belongs to its address. */
export function drawContact(addresses: AddressDrawer, random: Random): Contact {
  const endpoint = addresses.draw();
  return { id: secureId(endpoint.ip, bytesFrom(random)), endpoint };
}

/** Nodes in the order of their ids, so that those of one bucket lie side by side. */
export class SortedNodes {
  readonly #nodes: readonly Contact[];

  constructor(nodes: readonly Contact[]) {
    this.#nodes = nodes.toSorted((one, other) => compareDistance(ZERO, one.id, other.id));
  }

  /** Draws what would be in the table of a node that has been there for long: some of each bucket. */
  tableOf(id: Uint8Array, random: Random): Contact[] {
    const table: Contact[] = [];
    let low = 0;
    let high = this.#nodes.length;
    // In each step, from those that begin like the id: the half that goes on otherwise is a bucket of its own.
    for (let bit = 0; high - low > 8 && bit < 160; bit += 1) {
      const middle = this.#firstWith(bit, low, high);
      const isSet = isBitSet(id, bit);
      table.push(...this.#draw(8, isSet ? low : middle, isSet ? middle : high, random));
      if (isSet) low = middle;
      else high = middle;
    }
    table.push(...this.#nodes.slice(low, high));
    return table;
  }

  /** The index of the first node from `low` on whose id has a bit set; up to there all ids are alike. */
  #firstWith(bit: number, low: number, high: number): number {
    let from = low;
    let to = high;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (isBitSet(this.#nodes[middle]?.id ?? ZERO, bit)) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  #draw(count: number, low: number, high: number, random: Random): Contact[] {
    if (high - low <= count) return this.#nodes.slice(low, high);
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(low + Math.floor(random() * (high - low)));
    return [...drawn].flatMap((at) => this.#nodes[at] ?? []);
  }
}

function isBitSet(id: Uint8Array, bit: number): boolean {
  return ((id[bit >>> 3] ?? 0) & (0x80 >>> (bit & 7))) !== 0;
}
