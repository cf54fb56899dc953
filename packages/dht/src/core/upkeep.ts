import { endpointKey, type Endpoint } from '../endpoint.ts';
import type { Lookup } from '../lookup/lookup.ts';
import type { RandomBytes } from '../node-id.ts';
import { randomBelow } from '../store/sample.ts';
import type { RoutingTable } from '../table/routing-table.ts';

/** How often it is looked whether something is stale. */
const INTERVAL_MS = 60_000;
/** With fewer nodes than these it is asked around who else there is. */
export const FEW_NODES = 4;

export interface UpkeepOptions {
  readonly nowMs: number;
  readonly random: RandomBytes;
  /** The table and the id at the moment: both change when the id does. */
  readonly table: () => RoutingTable;
  readonly id: () => Uint8Array;
  /** Looks for the nodes closest to a target. */
  readonly find: (target: Uint8Array, onDone: () => void, nowMs: number) => Lookup;
}

/** Keeps a node among others: joins, refreshes what is stale in the table, and begins anew when nobody is known. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #dueMs: number;
  #search: Lookup | undefined;
  #entryPoints: readonly Endpoint[] = [];
  #routers: ReadonlySet<string> = new Set();
  #onJoined: (() => void) | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    // Nodes that begin together need not all do this together.
    this.#dueMs = options.nowMs + randomBelow(INTERVAL_MS, options.random);
  }

  /** Where to begin when nobody is known. */
  get entryPoints(): readonly Endpoint[] {
    return this.#entryPoints;
  }

  /** Whether an endpoint is no ordinary node, and not to be put into the table. */
  isRouter(endpoint: Endpoint): boolean {
    return this.#routers.size > 0 && this.#routers.has(endpointKey(endpoint));
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  join(
    entryPoints: readonly Endpoint[],
    routers: readonly Endpoint[],
    onJoined: () => void,
    nowMs: number,
  ): void {
    this.#entryPoints = [...entryPoints, ...routers];
    this.#routers = new Set(routers.map(endpointKey));
    this.#onJoined = onJoined;
    this.lookUpSelf(nowMs);
  }

  /** Looks for the nodes closest to the own id, which has changed or was never looked for. */
  lookUpSelf(nowMs: number): void {
    this.#search?.cancel();
    // It may be over before `find` returns.
    const onDone = (): void => {
      const joined = this.#onJoined;
      this.#onJoined = undefined;
      joined?.();
    };
    this.#search = this.#options.find(this.#options.id(), onDone, nowMs);
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + INTERVAL_MS;
    if (this.#search?.isOver === false) return;
    const { table, random, find } = this.#options;
    if (table().size < FEW_NODES && this.#entryPoints.length > 0) {
      this.lookUpSelf(nowMs);
      return;
    }
    const target = table().refreshTarget(nowMs, random);
    if (target !== undefined) this.#search = find(target, () => {}, nowMs);
  }
}
