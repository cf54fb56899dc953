import type { CoreStatistics } from '../core/statistics.ts';
import type { Family } from '../endpoint.ts';
import { formatIp } from '../ip-address.ts';
import type { NodeAddress } from './address.ts';
import { type Member, now } from './member.ts';

/** Counts of one address of a node. */
export interface MemberStatistics extends CoreStatistics {
  readonly address: NodeAddress;
  readonly family: Family;
  /** 20 bytes. */
  readonly id: Uint8Array;
  /** Where others see it, once enough of them agree. */
  readonly externalHost: string | undefined;
}

export interface DhtStatistics {
  readonly members: readonly MemberStatistics[];
  /** What is stored for others. */
  readonly storedHashes: number;
  readonly storedPeers: number;
  readonly storedItems: number;
}

export function statisticsOf({ core, port }: Member): MemberStatistics {
  return {
    ...core.statistics(now()),
    address: port.address,
    family: core.family,
    id: core.id,
    externalHost: core.externalIp === undefined ? undefined : formatIp(core.externalIp),
  };
}
