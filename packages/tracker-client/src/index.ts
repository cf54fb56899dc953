export { parseIp } from './ip-address.ts';
export { type AddressScope, isNarrower, scopeOf } from './address-scope.ts';
export type { AnnounceEvent, AnnounceIssue, AnnounceRequest, AnnounceResponse } from './announce.ts';
export { decodeCompactPeers, decodeCompactPeers6 } from './compact-peers.ts';
export { decodeAnnounceResponse, type DecodeResponseOptions } from './decode-announce-response.ts';
export { decodeScrapeResponse, type DecodeScrapeOptions } from './decode-scrape-response.ts';
export { encodeAnnounceUrl } from './encode-announce-url.ts';
export { encodeScrapeUrl } from './encode-scrape-url.ts';
export {
  type AnnouncePhase,
  type ProxyProblem,
  TrackerError,
  type TrackerErrorDetail,
  type UrlProblem,
} from './error.ts';
export { formatPeerAddress, parsePeerAddress, type PeerAddress } from './peer-address.ts';
export {
  type DecodeUdpAnnounceOptions,
  type DecodeUdpOptions,
  decodeUdpAnnounce,
  decodeUdpConnect,
  decodeUdpScrape,
} from './udp/decode-udp.ts';
export {
  encodeUdpAnnounce,
  encodeUdpConnect,
  encodeUdpScrape,
  type UdpRequestHeader,
} from './udp/encode-udp.ts';
export {
  type UdpConnection,
  UdpExchange,
  type UdpExchangeOptions,
  type UdpStep,
} from './udp/udp-exchange.ts';
export type { ScrapeEntry, ScrapeIssue, ScrapeResponse } from './scrape.ts';
export type { AnnounceIntervals } from './schedule/announce-delay.ts';
export {
  AnnounceSchedule,
  type AnnounceScheduleOptions,
  type DueAnnounce,
  type Farewell,
} from './schedule/announce-schedule.ts';
