import type { Random } from '../random.ts';
import type { SimulatedChoker, SimulatedPeer } from './simulated-peer.ts';
import { SimulatedSwarm } from './simulated-swarm.ts';

export type MakeChoker = (random: Random) => SimulatedChoker;

/** How some peers of a kind fared. Rates are in bytes a second. */
export interface Fare {
  readonly scenario: string;
  readonly kind: string;
  readonly peerCount: number;
  readonly uploadRate: number;
  readonly meanRate: number;
  readonly lowestRate: number;
  /** From when they came, in milliseconds; `undefined` where someone has none. */
  readonly meanFirstPieceMs: number | undefined;
  readonly lastFirstPieceMs: number | undefined;
}

const KIB = 1024;
const MINUTE_MS = 60_000;

/** A seed, sixteen who give and four who only take, until the last of those who give has everything. */
export function freeRiders(makeChoker: MakeChoker, seed: number): readonly Fare[] {
  const swarm = new SimulatedSwarm({ pieceCount: 256, pieceLength: 64 * KIB, seed });
  swarm.add({ uploadRate: 200 * KIB, choker: makeChoker, pieces: swarm.allPieces });
  const givers = times(16, () => swarm.add({ uploadRate: 100 * KIB, choker: makeChoker }));
  const takers = times(4, () => swarm.add({ uploadRate: 0, downloadRate: 1_000 * KIB }));
  swarm.runUntil(() => givers.every(({ doneMs }) => doneMs !== undefined), 60 * MINUTE_MS);
  return [fare(swarm, 'free-riders', 'gives', givers), fare(swarm, 'free-riders', 'only takes', takers)];
}

/** Peers that have a third of everything and give at 25 to 200 KiB/s, until one has everything. */
export function bandwidths(makeChoker: MakeChoker, seed: number): readonly Fare[] {
  const swarm = new SimulatedSwarm({ pieceCount: 512, pieceLength: 64 * KIB, seed });
  swarm.add({ uploadRate: 100 * KIB, choker: makeChoker, pieces: swarm.allPieces });
  const groups = [25, 50, 100, 200].map((rate, group) =>
    times(6, (at) =>
      swarm.add({
        uploadRate: rate * KIB,
        downloadRate: 1_000 * KIB,
        choker: makeChoker,
        pieces: someOf(swarm, 6, 6 * group + at),
      }),
    ),
  );
  swarm.runUntil(() => groups.flat().some(({ doneMs }) => doneMs !== undefined), 60 * MINUTE_MS);
  return groups.map((group) => fare(swarm, 'bandwidths', 'gives', group));
}

/** One who comes every twenty seconds, to twenty who have half of everything and give each other. */
export function newcomers(makeChoker: MakeChoker, seed: number): readonly Fare[] {
  const swarm = new SimulatedSwarm({ pieceCount: 1_024, pieceLength: 64 * KIB, seed });
  swarm.add({ uploadRate: 100 * KIB, choker: makeChoker, pieces: swarm.allPieces });
  const others = times(20, (at) =>
    swarm.add({
      uploadRate: 100 * KIB,
      choker: makeChoker,
      pieces: someOf(swarm, 10, at),
    }),
  );
  swarm.run(MINUTE_MS);
  const late = times(6, () => {
    swarm.run(20_000);
    return swarm.add({ uploadRate: 100 * KIB, choker: makeChoker });
  });
  swarm.run(2 * MINUTE_MS);
  return [fare(swarm, 'newcomers', 'there before', others), fare(swarm, 'newcomers', 'comes late', late)];
}

/** Seventeen who take from a seed, and three that take at ten times their rate and come back as new ones every 31 seconds. */
export function greedy(makeChoker: MakeChoker, seed: number): readonly Fare[] {
  const swarm = new SimulatedSwarm({ pieceCount: 512, pieceLength: 256 * KIB, seed });
  swarm.add({ uploadRate: 400 * KIB, choker: makeChoker, pieces: swarm.allPieces });
  const modest = times(17, () => swarm.add({ uploadRate: 0, downloadRate: 100 * KIB }));
  const three = times(3, () => swarm.add({ uploadRate: 0, downloadRate: 1_000 * KIB }));
  for (const _ of times(60, () => undefined)) {
    swarm.run(31_000);
    for (const peer of three) swarm.reconnect(peer);
  }
  return [fare(swarm, 'greedy', 'modest', modest), fare(swarm, 'greedy', 'greedy', three)];
}

export const CHOKER_SCENARIOS: readonly ((makeChoker: MakeChoker, seed: number) => readonly Fare[])[] = [
  freeRiders,
  bandwidths,
  newcomers,
  greedy,
];

/** So many twentieths of all pieces, other ones for each peer. */
function someOf(swarm: SimulatedSwarm, twentieths: number, at: number): readonly number[] {
  return swarm.allPieces.filter((index) => (index * 7 + at * 13) % 20 < twentieths);
}

function fare(swarm: SimulatedSwarm, scenario: string, kind: string, peers: readonly SimulatedPeer[]): Fare {
  const rates = peers.map(({ downloadedLength, joinedMs, doneMs }) => {
    return downloadedLength / (((doneMs ?? swarm.nowMs) - joinedMs) / 1_000);
  });
  const starts = peers.map(({ firstPieceMs, joinedMs }) => (firstPieceMs ?? Infinity) - joinedMs);
  const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);
  return {
    scenario,
    kind,
    peerCount: peers.length,
    uploadRate: peers[0]?.options.uploadRate ?? 0,
    meanRate: mean(rates),
    lowestRate: Math.min(...rates),
    meanFirstPieceMs: finite(mean(starts)),
    lastFirstPieceMs: finite(Math.max(...starts)),
  };
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
