import type { MakeChoker } from './choker-scenarios.ts';
import type { SimulatedPeerOptions } from './simulated-peer.ts';
import { SimulatedSwarm } from './simulated-swarm.ts';

export interface InitialSeedOptions {
  readonly peerCount: number;
  readonly makeChoker: MakeChoker;
  /** Shows pieces one by one. @defaultValue shows all at once */
  readonly reveals?: SimulatedPeerOptions['reveals'];
  readonly seed: number;
}

const KIB = 1024;

/** What the only seed had sent when the others had everything between them, and when all of them had. */
export interface InitialSeedCost {
  /** As a multiple of everything there is. */
  readonly sentWhenOut: number;
  readonly outMs: number;
  readonly doneMs: number;
}

/** One seed, and peers that have nothing and give at its own rate, for as long as it takes. */
export function initialSeed(options: InitialSeedOptions): InitialSeedCost {
  const { peerCount, makeChoker, reveals, seed } = options;
  const swarm = new SimulatedSwarm({ pieceCount: 200, pieceLength: 64 * KIB, seed });
  const source = swarm.add({ uploadRate: 100 * KIB, choker: makeChoker, reveals, pieces: swarm.allPieces });
  const others = Array.from({ length: peerCount }, () => {
    return swarm.add({ uploadRate: 100 * KIB, downloadRate: 1_000 * KIB, choker: makeChoker });
  });
  const isOut = (): boolean => swarm.allPieces.every((index) => others.some(({ have }) => have.has(index)));
  swarm.runUntil(isOut, 24 * 3_600_000);
  const [sentWhenOut, outMs] = [source.uploadedLength / swarm.totalLength, swarm.nowMs];
  swarm.runUntil(() => others.every(({ have }) => have.isFull), 24 * 3_600_000);
  return { sentWhenOut, outMs, doneMs: swarm.nowMs };
}
