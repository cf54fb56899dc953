export {
  LocalDiscovery,
  type LocalDiscoveryOptions,
  type LocalPeer,
  type LocalStay,
} from './local-discovery.ts';
