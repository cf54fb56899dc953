import { randomBytes } from 'node:crypto';
import { PortMappingError, type MappingWay } from '../error.ts';
import type { MappingRequest, Transport } from '../mapping.ts';
import { askGateway } from './ask-gateway.ts';
import { findRouter, orderMapping, type Router } from './find-router.ts';
import { likelyGateways } from './gateways.ts';

/** A port of this machine that can be reached from outside. */
export interface MappedPort {
  readonly transport: Transport;
  readonly internalPort: number;
  readonly externalPort: number;
  readonly way: MappingWay;
}

export interface PortMapperOptions {
  /** What is to be reached from outside, at the same number if that is free. */
  readonly ports: readonly { readonly transport: Transport; readonly port: number }[];
  /** Hosts that may be routers. @defaultValue what the system's routes say */
  readonly gateways?: readonly string[] | undefined;
  /** UDP port at which gateways are asked. @defaultValue 5351 */
  readonly gatewayPort?: number;
  /** Addresses of this machine to search from. @defaultValue those of every interface but loopback */
  readonly addresses?: readonly string[];
  /** Told each port as it is mapped; again when its outside changes. */
  readonly onMapped?: (mapped: MappedPort) => void;
  /** Told once why no port is mapped. It is tried again later. */
  readonly onFailed?: (error: unknown) => void;
}

/** How long a mapping lasts that nobody renews: whoever is killed leaves it that long. RFC 6886: two hours. */
const LIFETIME_SECONDS = 7_200;
/** The least time until a mapping is renewed, and the time until a router is looked for again. */
const LEAST_RENEWAL_MS = 60_000;
const RETRY_MS = 15 * 60_000;
/** Time that giving everything back may take. */
const CLOSE_MS = 3_000;
/** Fault of a router at which someone else has that port. */
const CONFLICT = 718;

/** How ports are mapped by the router that was found. */
type Ask = (
  request: MappingRequest,
  signal: AbortSignal,
) => Promise<Omit<MappedPort, 'transport' | 'internalPort'> & { readonly lifetimeSeconds: number }>;

/** Has the router let connections in, renews that at half of its time, and gives it back in the end. */
export class PortMapper implements AsyncDisposable {
  readonly #options: PortMapperOptions;
  readonly #halt = new AbortController();
  readonly #nonce = new Uint8Array(randomBytes(12));
  readonly #mapped = new Map<string, MappedPort>();
  #ask: Ask | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #running: Promise<void>;

  /** Begins at once. */
  constructor(options: PortMapperOptions) {
    this.#options = options;
    this.#running = this.#renew();
  }

  /** Resolves when what was under way has come to an end. */
  get settled(): Promise<void> {
    return this.#running;
  }

  get mapped(): readonly MappedPort[] {
    return [...this.#mapped.values()];
  }

  /** Gives back what was mapped; for three seconds at the most, then the router forgets by itself. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#halt.abort();
    await this.#running;
    const signal = AbortSignal.timeout(CLOSE_MS);
    const mapped = this.mapped;
    this.#mapped.clear();
    await Promise.allSettled(
      mapped.map(async (port) => this.#ask?.({ ...port, lifetimeSeconds: 0 }, signal)),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Maps every port, for the first time or again. */
  async #renew(): Promise<void> {
    const { signal } = this.#halt;
    let waitMs = RETRY_MS;
    try {
      for (const { transport, port } of this.#options.ports) {
        const lifetimeSeconds = await this.#map(transport, port, signal);
        waitMs = Math.min(waitMs, Math.max(LEAST_RENEWAL_MS, lifetimeSeconds * 500));
      }
      this.#hasFailed = false;
    } catch (error) {
      if (signal.aborted) return;
      this.#ask = undefined;
      if (!this.#hasFailed) this.#options.onFailed?.(error);
      this.#hasFailed = true;
    }
    if (signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#renew();
    }, waitMs);
  }

  /** Answers how long it lasts, in seconds. */
  async #map(transport: Transport, internalPort: number, signal: AbortSignal): Promise<number> {
    const key = `${transport} ${internalPort}`;
    const known = this.#mapped.get(key);
    const externalPort = known?.externalPort ?? internalPort;
    const request = { transport, internalPort, externalPort, lifetimeSeconds: LIFETIME_SECONDS };
    const { lifetimeSeconds, ...answer } = await (this.#ask === undefined
      ? this.#find(request, signal)
      : this.#ask(request, signal));
    const mapped = { transport, internalPort, ...answer };
    this.#mapped.set(key, mapped);
    if (known?.externalPort !== mapped.externalPort) this.#options.onMapped?.(mapped);
    return lifetimeSeconds;
  }

  /** Asks whoever may be a router, one way after the other, and stays with the first that does it. */
  async #find(request: MappingRequest, signal: AbortSignal): ReturnType<Ask> {
    const { gateways = await likelyGateways(), gatewayPort: port, addresses } = this.#options;
    for (const host of gateways) {
      const ask: Ask = (next, until) => askGateway(next, { host, port, nonce: this.#nonce, signal: until });
      const answer = await ask(request, signal).catch(() => undefined);
      signal.throwIfAborted();
      if (answer === undefined) continue;
      this.#ask = ask;
      return answer;
    }
    const router = await findRouter(signal, addresses);
    const ask: Ask = (next, until) => order(router, next, until);
    const answer = await ask(request, signal);
    this.#ask = ask;
    return answer;
  }
}

/** Maps by UPnP, at another port if someone has that one. */
async function order(router: Router, request: MappingRequest, signal: AbortSignal): ReturnType<Ask> {
  const { externalPort, lifetimeSeconds } = request;
  try {
    await orderMapping(router, request, signal);
    return { way: 'upnp', externalPort, lifetimeSeconds };
  } catch (error) {
    const isTaken =
      PortMappingError.is(error) && error.detail.code === 'REFUSED' && error.detail.result === CONFLICT;
    if (lifetimeSeconds === 0 || !isTaken) throw error;
    const other = externalPort === 65_535 ? 49_152 : externalPort + 1;
    await orderMapping(router, { ...request, externalPort: other }, signal);
    return { way: 'upnp', externalPort: other, lifetimeSeconds };
  }
}
