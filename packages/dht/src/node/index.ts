export { formatAddress, type NodeAddress } from './address.ts';
export { DhtNode, type PutResult } from './dht-node.ts';
export type { Stored } from './failure.ts';
export type { DhtItem, MutableName, MutablePut } from './item-search.ts';
export {
  PUBLIC_ROUTERS,
  type AnnounceOptions,
  type DhtNodeOptions,
  type GetPeersOptions,
  type SearchOptions,
} from './options.ts';
export type { Pong } from './ping.ts';
export type { Sample } from './sample-search.ts';
export type { DhtStatistics, MemberStatistics } from './statistics.ts';
