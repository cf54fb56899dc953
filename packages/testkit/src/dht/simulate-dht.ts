import { type Contact, DhtCore, type Endpoint, searchPeers, storeOn } from '@millrace/dht';
import { type Random, seededRandom } from '../random.ts';
import { AddressDrawer, bytesFrom, drawContact, SortedNodes } from './dht-population.ts';
import { HostileDhtNode, type Malice, squattingId } from './hostile-dht-node.ts';
import { type VirtualHost, VirtualNetwork } from './virtual-network.ts';

export interface DhtSimulationOptions {
  readonly seed: number;
  /** Nodes at the beginning. */
  readonly nodeCount: number;
  /** Info hashes that are announced by one node each, and looked for by another. */
  readonly hashCount: number;
  /** Share of nodes that are hostile, of each kind as many. */
  readonly hostileShare?: number;
  /** Info hashes that hostile nodes have put themselves next to. */
  readonly squattedCount?: number;
  /** Share of packets that get lost. */
  readonly loss?: number;
  /** Share of nodes that leave while it goes on, without a word. */
  readonly leavingShare?: number;
  /** Share of nodes that join while it goes on. */
  readonly joiningShare?: number;
}

export interface DhtSimulationResult {
  /** Info hashes for which a lookup found the peer that announced them. */
  readonly found: number;
  /** Of those that hostile nodes had put themselves next to. */
  readonly squattedFound: number;
  readonly announced: number;
  /** Of lookups that found something: nodes between whoever asks and the first that knows it. */
  readonly hops: readonly number[];
  /** Queries of each lookup. */
  readonly queries: readonly number[];
  /** Milliseconds of virtual time until a peer was found. */
  readonly firstPeerMs: readonly number[];
  /** Nodes that joined, and know enough others at the end. */
  readonly joined: number;
  readonly packets: number;
  readonly virtualMs: number;
}

const START_MS = 3_600_000;
const ANNOUNCE_MS = 2 * 60_000;
const LOOKUPS_FROM_MS = 4 * 60_000;
const END_MS = 9 * 60_000;
const MALICES: readonly Malice[] = ['empty', 'wrong', 'squatter'];

/** A node that is simulated in full, once someone meets it. */
interface Inhabitant extends VirtualHost {
  readonly contact: Contact;
  core(): DhtCore;
  /** Does something with the core, and sees that what it started goes on. */
  run(action: (core: DhtCore) => void): void;
}

/**
 * Runs a network of thousands of nodes, each with the code that real ones run, in virtual time: some announce info hashes,
 * later others look for them; packets get lost, nodes leave and join, and some are hostile. The same options give the same
 * result.
 */
export function simulateDht(options: DhtSimulationOptions): DhtSimulationResult {
  return new Simulation(options).run();
}

/** A network in which nobody asks for anything, and what it has done so far. */
export interface IdleDht {
  /** Lets virtual time pass; returns the packets that were sent meanwhile. */
  run(durationMs: number): { readonly packets: number };
}

/** Makes a network of nodes that only look after themselves. */
export function simulateIdleDht(options: Pick<DhtSimulationOptions, 'seed' | 'nodeCount'>): IdleDht {
  return new Simulation({ ...options, hashCount: 0 }).idle();
}

class Simulation {
  readonly #options: Required<DhtSimulationOptions>;
  readonly #random: Random;
  readonly #addresses: AddressDrawer;
  readonly #network: VirtualNetwork;
  readonly #hosts = new Map<number, VirtualHost>();
  readonly #honest: Inhabitant[] = [];
  readonly #hashes: readonly Uint8Array[];
  readonly #busy = new Set<Inhabitant>();
  #sorted = new SortedNodes([]);

  constructor(options: DhtSimulationOptions) {
    this.#options = {
      hostileShare: 0,
      squattedCount: 0,
      loss: 0.03,
      leavingShare: 0.1,
      joiningShare: 0.02,
      ...options,
    };
    const random = seededRandom(options.seed);
    this.#random = random;
    this.#addresses = new AddressDrawer(random);
    this.#hashes = Array.from({ length: options.hashCount }, () => bytesFrom(random)(20));
    this.#network = new VirtualNetwork(START_MS, {
      random,
      loss: this.#options.loss,
      delayMs: [10, 200],
      hostAt: ({ ip, port }) => this.#hosts.get(keyOf({ ip, port })),
    });
  }

  run(): DhtSimulationResult {
    this.#populate();
    const network = this.#network;
    const peers = this.#announceAll();
    const joined = this.#churn();
    const hops: number[] = [];
    const queries: number[] = [];
    const firstPeerMs: number[] = [];
    let found = 0;
    let squattedFound = 0;
    let running = this.#hashes.length;
    for (const [at, infoHash] of this.#hashes.entries()) {
      const startMs = START_MS + LOOKUPS_FROM_MS + Math.floor(this.#random() * (END_MS - LOOKUPS_FROM_MS));
      network.at(startMs, (nowMs) => {
        const seeker = this.#drawHonest();
        this.#busy.add(seeker);
        const peer = peers[at];
        let isFound = false;
        seeker.run((core) =>
          searchPeers(
            core,
            {
              infoHash,
              onAnswer: (_node, { values = [] }, hopCount) => {
                if (isFound || peer === undefined || !values.some((value) => keyOf(value) === keyOf(peer)))
                  return;
                isFound = true;
                hops.push(hopCount);
                firstPeerMs.push(network.nowMs - startMs);
              },
              onDone: (result) => {
                running -= 1;
                this.#busy.delete(seeker);
                queries.push(result.queries);
                if (isFound) found += 1;
                if (isFound && at < this.#options.squattedCount) squattedFound += 1;
              },
            },
            nowMs,
          ),
        );
      });
    }
    network.run(START_MS + END_MS + 10 * 60_000, () => running === 0);
    return {
      found,
      squattedFound,
      announced: this.#hashes.length,
      hops,
      queries,
      firstPeerMs,
      joined: joined.filter((inhabitant) => inhabitant.core().nodeCount >= 8).length,
      packets: network.packetCount,
      virtualMs: network.nowMs - START_MS,
    };
  }

  idle(): IdleDht {
    this.#populate();
    for (const inhabitant of this.#honest) inhabitant.run(() => {});
    const network = this.#network;
    return {
      run: (durationMs) => {
        const before = network.packetCount;
        network.run(network.nowMs + durationMs);
        return { packets: network.packetCount - before };
      },
    };
  }

  #populate(): void {
    const { nodeCount, hostileShare, squattedCount } = this.#options;
    const hostileCount = Math.round(nodeCount * hostileShare);
    const hostile: Contact[] = [];
    const gangs: Contact[][] = this.#hashes.slice(0, squattedCount).map(() => []);
    for (let at = 0; at < hostileCount; at += 1) {
      const malice = MALICES[at % MALICES.length] ?? 'empty';
      const gangAt = Math.floor(at / MALICES.length) % Math.max(1, gangs.length);
      const target = malice === 'squatter' ? this.#hashes[gangAt] : undefined;
      const contact = this.#drawHostile(squattedCount > 0 ? target : undefined);
      const gang = gangs[gangAt] ?? [];
      if (malice === 'squatter') gang.push(contact);
      const host = new HostileDhtNode({
        malice,
        contact,
        random: this.#random,
        send: (packet, from, to) => this.#network.send(packet, from, to),
        accomplices: () => gang,
      });
      this.#hosts.set(keyOf(contact.endpoint), host);
      hostile.push(contact);
    }
    while (this.#honest.length < nodeCount - hostileCount)
      this.#settle(drawContact(this.#addresses, this.#random));
    this.#sorted = new SortedNodes([...hostile, ...this.#honest.map(({ contact }) => contact)]);
  }

  #drawHostile(target: Uint8Array | undefined): Contact {
    if (target === undefined) return drawContact(this.#addresses, this.#random);
    const endpoint = this.#addresses.draw();
    return { id: squattingId(target, endpoint.ip, this.#random), endpoint };
  }

  /** Puts a node into the network. Its table is drawn when it is first needed: most of what it would have learned by then. */
  #settle(contact: Contact, isNew = false): Inhabitant {
    const network = this.#network;
    let made: DhtCore | undefined;
    let dueMs = Number.POSITIVE_INFINITY;
    const arm = (core: DhtCore): void => {
      const { deadlineMs } = core;
      if (deadlineMs >= dueMs || !this.#hosts.has(keyOf(contact.endpoint))) return;
      dueMs = deadlineMs;
      network.at(deadlineMs, (nowMs) => {
        if (dueMs !== deadlineMs) return;
        dueMs = Number.POSITIVE_INFINITY;
        core.tick(nowMs);
        arm(core);
      });
    };
    const core = (): DhtCore => {
      if (made !== undefined) return made;
      made = new DhtCore({
        family: 4,
        nowMs: network.nowMs,
        random: bytesFrom(this.#random),
        send: (packet, to) => {
          // What has left is silent, though its last timers may go off.
          if (this.#hosts.has(keyOf(contact.endpoint))) network.send(packet, contact.endpoint, to);
        },
        // Those that join find out for themselves where they are, and which ids they may have.
        ...(!isNew && { id: contact.id, externalIp: contact.endpoint.ip }),
      });
      if (!isNew) {
        for (const each of this.#sorted.tableOf(contact.id, this.#random)) {
          made.introduce(each, network.nowMs - Math.floor(this.#random() * 2 * 60_000));
        }
      }
      arm(made);
      return made;
    };
    const inhabitant: Inhabitant = {
      contact,
      core,
      run(action) {
        action(core());
        arm(core());
      },
      receive(packet, from, nowMs) {
        core().receive(packet, from, nowMs);
        arm(core());
      },
    };
    this.#hosts.set(keyOf(contact.endpoint), inhabitant);
    this.#honest.push(inhabitant);
    return inhabitant;
  }

  /** Has each info hash announced; returns where its peer is. */
  #announceAll(): Endpoint[] {
    return this.#hashes.map((infoHash) => {
      const announcer = this.#drawHonest();
      this.#busy.add(announcer);
      const port = 1024 + Math.floor(this.#random() * 60_000);
      this.#network.at(START_MS + Math.floor(this.#random() * ANNOUNCE_MS), (nowMs) => {
        announcer.run((core) =>
          searchPeers(
            core,
            {
              infoHash,
              onAnswer: () => {},
              onDone: (result, atMs) =>
                storeOn(
                  core,
                  result,
                  (_node, token) => ({
                    method: 'announce_peer',
                    infoHash,
                    port,
                    impliedPort: false,
                    seed: false,
                    token,
                  }),
                  () => this.#busy.delete(announcer),
                  atMs,
                ),
            },
            nowMs,
          ),
        );
      });
      return { ip: announcer.contact.endpoint.ip, port };
    });
  }

  /** Has nodes leave and others join, all the time; returns those that join. */
  #churn(): Inhabitant[] {
    const { nodeCount, leavingShare, joiningShare } = this.#options;
    for (let left = 0; left < nodeCount * leavingShare; left += 1) {
      this.#network.at(START_MS + Math.floor(this.#random() * END_MS), () => {
        const leaving = this.#drawHonest();
        // Whoever leaves in the middle of something does not end it: that says nothing.
        if (this.#busy.has(leaving)) return;
        this.#honest.splice(this.#honest.indexOf(leaving), 1);
        this.#hosts.delete(keyOf(leaving.contact.endpoint));
      });
    }
    const joined: Inhabitant[] = [];
    for (let count = 0; count < nodeCount * joiningShare; count += 1) {
      this.#network.at(START_MS + Math.floor(this.#random() * LOOKUPS_FROM_MS), (nowMs) => {
        const entryPoints = Array.from({ length: 3 }, () => this.#drawHonest().contact.endpoint);
        const inhabitant = this.#settle(drawContact(this.#addresses, this.#random), true);
        joined.push(inhabitant);
        inhabitant.run((core) => core.join(entryPoints, [], () => {}, nowMs));
      });
    }
    return joined;
  }

  #drawHonest(): Inhabitant {
    const inhabitant = this.#honest[Math.floor(this.#random() * this.#honest.length)];
    if (inhabitant === undefined) throw new Error('Everyone has left');
    return inhabitant;
  }
}

/** An address and port as one number, which is exact. */
function keyOf({ ip, port }: Endpoint): number {
  const [a = 0, b = 0, c = 0, d = 0] = ip;
  return ((a * 256 + b) * 256 + c) * 256 * 65_536 + d * 65_536 + port;
}
