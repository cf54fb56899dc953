import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { PortMappingError } from '../error.ts';
import {
  decodeFault,
  decodeSearchAnswer,
  encodeOrder,
  encodeSearch,
  findControlPoint,
  SEARCH_TARGETS,
  type ControlPoint,
} from '../igd.ts';
import type { MappingRequest } from '../mapping.ts';
import { requestText } from './request-text.ts';

const GROUP = { address: '239.255.255.250', port: 1900 } as const;
/** Time that routers have to answer: they may wait a second before they do. */
const SEARCH_MS = 2_500;
/** Descriptions that are read: a network has one router, or two. */
const MAX_DESCRIPTIONS = 8;

/** A router that takes orders by UPnP. */
export interface Router extends ControlPoint {
  /** The address of this machine that it sees. */
  readonly client: string;
}

/**
 * Searches the networks of this machine for a router that maps ports.
 *
 * @param addresses - Of this machine, to search from. @defaultValue those of every interface but loopback
 * @throws {PortMappingError} `NO_ROUTER`
 */
export async function findRouter(
  signal: AbortSignal,
  addresses: readonly string[] = ownAddresses(),
): Promise<Router> {
  const found = Promise.withResolvers<Router>();
  found.promise.catch(() => {});
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const seen = new Set<string>();
  const onAnswer = (datagram: Uint8Array, host: string): void => {
    if (seen.size >= MAX_DESCRIPTIONS) return;
    try {
      const url = decodeSearchAnswer(datagram, host);
      if (seen.has(url.href)) return;
      seen.add(url.href);
      void describe(url, until).then(found.resolve, () => {});
    } catch (error) {
      if (!PortMappingError.is(error)) throw error;
    }
  };
  const searches = addresses.map((address) => search(address, until, onAnswer));
  const timer = setTimeout(() => found.reject(new PortMappingError({ code: 'NO_ROUTER' })), SEARCH_MS);
  const onAbort = (): void => found.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await found.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
    stop.abort();
    await Promise.allSettled(searches);
  }
}

/** Has a router map a port, or give it back. @throws {PortMappingError} `REFUSED`, `MALFORMED` */
export async function orderMapping(
  router: Router,
  request: MappingRequest,
  signal: AbortSignal,
): Promise<void> {
  const { status, body } = await requestText(router.url, signal, encodeOrder(router, request, router.client));
  if (status !== 200) throw decodeFault(body);
}

async function describe(url: URL, signal: AbortSignal): Promise<Router> {
  const { body, localAddress } = await requestText(url, signal);
  return { ...findControlPoint(body, url), client: localAddress };
}

/** Searches from one address until `signal` aborts. What goes wrong there goes wrong there alone. */
async function search(
  address: string,
  signal: AbortSignal,
  onAnswer: (datagram: Uint8Array, host: string) => void,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.on('message', (datagram, from) => onAnswer(datagram, from.address));
  try {
    socket.bind({ address, port: 0 });
    await once(socket, 'listening');
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(2);
    for (const target of SEARCH_TARGETS)
      socket.send(encodeSearch(target), GROUP.port, GROUP.address, () => {});
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    socket.close();
  }
}

function ownAddresses(): string[] {
  const infos = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return infos.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
