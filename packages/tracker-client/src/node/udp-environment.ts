import { UdpConnections } from './udp-connections.ts';

/** What a question over UDP takes from the world around it. Tests put their own here. */
export interface UdpEnvironment {
  readonly clock: {
    now(): number;
    setTimer(delayMs: number, callback: () => void): { cancel(): void };
  };
  readonly connections: UdpConnections;
  /** 32 bits nobody can guess. */
  readonly randomId: () => number;
  /** Time until the first retransmission. */
  readonly retryMs: number;
  /** How long, once one family of addresses has answered, the other is waited for. */
  readonly graceMs: number;
}

/** Some trackers are asked at once; more than these ask for a connection anew. */
const MAX_CONNECTIONS = 64;

export const UDP_SYSTEM: UdpEnvironment = {
  clock: {
    now: () => performance.now(),
    setTimer(delayMs, callback) {
      const timeout = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(timeout) };
    },
  },
  connections: new UdpConnections(MAX_CONNECTIONS),
  randomId: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  retryMs: 15_000,
  graceMs: 1_000,
};
