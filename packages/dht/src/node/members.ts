import type { Relatives } from '../core/options.ts';
import type { Endpoint, Family } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import { decodeState, type NodeState } from '../state.ts';
import type { ItemStore } from '../store/item-store.ts';
import type { PeerStore } from '../store/peer-store.ts';
import { checkPort, type NodeAddress } from './address.ts';
import { defaultAddresses } from './local-addresses.ts';
import { Member, type MemberOptions } from './member.ts';
import type { DhtNodeOptions } from './options.ts';
import { randomBytes } from './random.ts';
import { resolveAddress } from './resolve.ts';

/** A family with fewer nodes than these asks those of the other family for more. BEP 32 */
const FEW_NODES = 8;

/** The addresses that a node is at. */
export class Members implements AsyncDisposable {
  readonly list: readonly Member[];
  /** Resolves once each has looked for the nodes closest to it. */
  readonly joined: Promise<void>;
  readonly #resolved: Promise<void>;

  static async open(options: DhtNodeOptions, peers: PeerStore, items: ItemStore): Promise<Members> {
    const { addresses, port = 0, isReadOnly = false, limits = {}, onEvent } = options;
    if (port !== 0) checkPort(port);
    if (addresses?.length === 0) throw new RangeError('Cannot be a node nowhere: name an address at least');
    const states = options.state === undefined ? [] : decodeState(options.state);
    const members: Member[] = [];
    const relatives = relativesIn(members);
    try {
      for (const host of addresses ?? defaultAddresses()) {
        const state = takeState(states, host.includes(':') ? 6 : 4);
        // The same port at every address: one number is told to peers.
        const address = { host, port: port === 0 ? (members[0]?.port.address.port ?? 0) : port };
        const rest = { id: state?.id, isReadOnly, limits, peers, items, relatives, onEvent };
        const member = await open({ ...rest, address }, port === 0, addresses === undefined);
        if (member === undefined) continue;
        member.core.restore(state?.contacts ?? []);
        members.push(member);
      }
    } catch (error) {
      await Promise.all(members.map((member) => member.close()));
      throw error;
    }
    return new Members(members, options);
  }

  private constructor(list: readonly Member[], { bootstrap = [], routers = [] }: DhtNodeOptions) {
    this.list = list;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.joined = promise;
    this.#resolved = this.#join(bootstrap, routers, resolve);
  }

  /** Waits until there is somebody to ask, or it is known that there is nobody. */
  async prepare(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.list.every(({ core }) => core.nodeCount === 0)) await this.#resolved;
    signal.throwIfAborted();
  }

  /** Does something from one address of each family. BEP 45: it matters little from which. */
  async eachFamily<T>(signal: AbortSignal, action: (member: Member) => Promise<T>): Promise<T[]> {
    await this.prepare(signal);
    const chosen = ([4, 6] as const).flatMap((family) => {
      const members = this.of(family);
      const member = members[(randomBytes(1)[0] ?? 0) % Math.max(1, members.length)];
      return member === undefined ? [] : [member];
    });
    return Promise.all(chosen.map(action));
  }

  of(family: Family): readonly Member[] {
    return this.list.filter(({ core }) => core.family === family);
  }

  /** Finds an address that somebody can be reached from. @throws {DhtError} `NOT_RESOLVED` */
  async reach(address: NodeAddress): Promise<{ readonly member: Member; readonly endpoint: Endpoint }> {
    for (const endpoint of await resolveAddress(address)) {
      const [member] = this.of(endpoint.ip.length === 4 ? 4 : 6);
      if (member !== undefined) return { member, endpoint };
    }
    throw new DhtError({
      code: 'NOT_RESOLVED',
      host: address.host,
      reason: 'no address of a family that is listened at',
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.list.map((member) => member.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #join(
    bootstrap: readonly NodeAddress[],
    routers: readonly NodeAddress[],
    onJoined: () => void,
  ): Promise<void> {
    const [nodes, entries] = await Promise.all([resolveAll(bootstrap), resolveAll(routers)]);
    const joins = this.list.map((member) => {
      const isOurs = ({ ip }: Endpoint): boolean => (ip.length === 4) === (member.core.family === 4);
      return new Promise<void>((resolve) => {
        member.run((core, nowMs) =>
          core.join(nodes.filter(isOurs), entries.filter(isOurs), () => resolve(), nowMs),
        );
      });
    });
    void Promise.all(joins).then(onJoined);
  }
}

/** Opens an address; one that was not asked for may be missing, and a port that only was to be the same may be taken. */
async function open(
  options: MemberOptions,
  isAnyPort: boolean,
  isOptional: boolean,
): Promise<Member | undefined> {
  try {
    return await Member.open(options);
  } catch (error) {
    if (isAnyPort && options.address.port !== 0) {
      return open({ ...options, address: { host: options.address.host, port: 0 } }, false, isOptional);
    }
    if (isOptional && options.address.host.includes(':')) return undefined;
    throw error;
  }
}

function takeState(states: NodeState[], family: Family): NodeState | undefined {
  const at = states.findIndex((state) => state.family === family);
  return at < 0 ? undefined : states.splice(at, 1)[0];
}

/** What each core may ask of the others. */
function relativesIn(members: readonly Member[]): Relatives {
  const of = (family: Family): Member | undefined => members.find(({ core }) => core.family === family);
  return {
    closest: (family, target, nowMs) => of(family)?.core.goodNodes(target, nowMs) ?? [],
    named: (family, contacts, nowMs) => {
      const member = of(family);
      if (member === undefined || member.core.nodeCount >= FEW_NODES) return;
      for (const { endpoint } of contacts) member.core.probe(endpoint, nowMs);
      member.arm();
    },
    wants: (family) => (of(family)?.core.nodeCount ?? FEW_NODES) < FEW_NODES,
  };
}

/** Finds the endpoints of those addresses that resolve. */
async function resolveAll(addresses: readonly NodeAddress[]): Promise<Endpoint[]> {
  const found = await Promise.allSettled(addresses.map(resolveAddress));
  return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}
