export { realClock, type Clock, type Timer } from './clock.ts';
export { startDemoSwarm, type DemoSwarm } from './demo-swarm.ts';
export { ManualClock } from './manual-clock.ts';
export {
  simulateDht,
  simulateIdleDht,
  type DhtSimulationOptions,
  type DhtSimulationResult,
  type IdleDht,
} from './dht/simulate-dht.ts';
export {
  memoryNetwork,
  type Accept,
  type Connect,
  type MemoryListener,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from './memory/memory-network.ts';
export type { Link } from './memory/pipe.ts';
export { placePeer } from './memory/place-peer.ts';
export { payload } from './payload.ts';
export {
  everyNth,
  type AnswerBehaviour,
  type BitfieldBehaviour,
  type FastBehaviour,
  type HandshakeBehaviour,
  type Intrusion,
  type PeerBehaviour,
} from './peer/behaviour.ts';
export type { ExtensionBehaviour, MetadataAnswer, TellBehaviour } from './peer/extension-behaviour.ts';
export {
  garbage,
  haveMessage,
  hugePrefix,
  keepAlives,
  oddMessage,
  repeated,
  requestMessage,
  unrequestedBlock,
} from './peer/hostile-bytes.ts';
export { ScriptedPeer, type ScriptedPeerOptions } from './peer/scripted-peer.ts';
export { startSeeder, type Seeder, type SeederOptions } from './peer/start-seeder.ts';
export type { PeerStatistics } from './peer/statistics.ts';
export type { AnswerOrder } from './peer/upload-queue.ts';
export { seededRandom, type Random } from './random.ts';
export { torrentOf, type FileSpec, type SampleTorrent, type TorrentOptions } from './torrent.ts';
export type { ReceivedAnnounce } from './tracker/announce-query.ts';
export { compactPeers, type AnsweredPeer } from './tracker/answer.ts';
export type { TrackerMisbehaviour } from './tracker/misbehaviour.ts';
export { startTracker, type Tracker, type TrackerOptions } from './tracker/start-tracker.ts';
export type { Swarm, SwarmPeer } from './tracker/swarm.ts';
export {
  type SimulatedChoker,
  type SimulatedPeer,
  type SimulatedPeerOptions,
  type SimulatedReveals,
} from './simulation/simulated-peer.ts';
export { SimulatedSwarm, type SimulatedSwarmOptions } from './simulation/simulated-swarm.ts';
export {
  bandwidths,
  CHOKER_SCENARIOS,
  freeRiders,
  greedy,
  newcomers,
  type Fare,
  type MakeChoker,
} from './simulation/choker-scenarios.ts';
export { initialSeed, type InitialSeedCost, type InitialSeedOptions } from './simulation/initial-seed.ts';
