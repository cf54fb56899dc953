export { BloomFilter } from './bloom-filter.ts';
export { DhtCore } from './core/dht-core.ts';
export type { CoreStatistics } from './core/statistics.ts';
export type { DhtCoreOptions, DhtEvent, Relatives, TrafficLimits } from './core/options.ts';
export {
  searchItem,
  searchPeers,
  storeOn,
  type Outcome,
  type PeerSearch,
  type Searcher,
  type SearchHooks,
  type StoreResult,
} from './core/search.ts';
export type { Endpoint, Family } from './endpoint.ts';
export { DhtError, type DhtErrorDetail, type MalformedReason } from './error.ts';
export { signingKey, verifyByWebCrypto, type SigningKey, type Verify } from './item/ed25519.ts';
export { immutableTarget, mutableTarget, signedBytes } from './item/signing.ts';
export { decodeMessage } from './krpc/decode.ts';
export {
  encodeAnswer,
  encodeError,
  encodeQuery,
  type EncodeAnswerOptions,
  type EncodeQueryOptions,
} from './krpc/encode.ts';
export {
  KRPC_ERROR,
  type KrpcAnswer,
  type KrpcItem,
  type KrpcMessage,
  type KrpcQuery,
  type Want,
} from './krpc/message.ts';
export type { FoundNode, Lookup, LookupResult } from './lookup/lookup.ts';
export { compareDistance, type Contact, type RandomBytes } from './node-id.ts';
export { isSecureId, secureId } from './secure-id.ts';
export { decodeState, encodeState, type NodeState } from './state.ts';
export { ItemStore, type ItemStoreLimits } from './store/item-store.ts';
export { PeerStore, type PeerStoreLimits } from './store/peer-store.ts';
export type { TableStatistics } from './table/routing-table.ts';
export type { Refusal } from './traffic/rpc.ts';
