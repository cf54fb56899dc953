import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type AddressScope, isNarrower, scopeOf } from '@millrace/tracker-client';
import { codeOf } from './exit-code.ts';
import { FetchError } from './fetch-error.ts';
import { shownTracker } from './progress/shown-tracker.ts';

/** Longest torrent that is fetched, in bytes: what `parseMetainfo` takes. */
const MAX_BYTES: number = 32 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 60_000;

interface Route {
  readonly addresses: readonly { readonly address: string; readonly family: number }[];
  readonly scope: AddressScope;
}

/**
 * Fetches a `.torrent` file. A server on the Internet cannot redirect to one that only this machine or its network
 * reaches.
 *
 * @throws {FetchError}
 * @throws the signal's reason.
 */
export async function fetchTorrent(
  address: string,
  stop: AbortSignal,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([stop, timeout]);
  try {
    return await follow(parse(address), signal);
  } catch (error) {
    stop.throwIfAborted();
    const subject = `Cannot fetch a torrent from "${shownTracker(address)}"`;
    if (timeout.aborted) {
      throw new FetchError('TIMED_OUT', `${subject}: it did not arrive in ${timeoutMs / 1000} s`, error);
    }
    if (error instanceof FetchError) {
      throw new FetchError(error.code, `${subject}: ${error.message}`, error.cause);
    }
    const code = codeOf(error) ?? 'FAILED';
    throw new FetchError(code, `${subject}: the connection failed (${code})`, error);
  }
}

async function follow(first: URL, signal: AbortSignal): Promise<Uint8Array> {
  let url = first;
  let firstScope: AddressScope | undefined;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const route = await routeTo(url, signal);
    if (firstScope !== undefined && isNarrower(route.scope, firstScope)) {
      throw new FetchError('REDIRECT_REFUSED', 'it redirects from the Internet to a private address');
    }
    firstScope ??= route.scope;
    const response = await get(url, route, signal);
    const { location } = response.headers;
    if (isRedirect(response) && location !== undefined) {
      response.destroy();
      url = parse(location, url);
      continue;
    }
    if (response.statusCode === 200) return readBody(response);
    response.destroy();
    throw new FetchError(
      'HTTP_STATUS',
      `the server answered with status ${response.statusCode}, expected 200`,
    );
  }
  throw new FetchError('REDIRECT_LIMIT', `it redirects more than ${MAX_REDIRECTS} times`);
}

function parse(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null) throw new FetchError('INVALID_URL', 'this is no URL');
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new FetchError('REDIRECT_REFUSED', 'it redirects to what is neither http nor https');
}

/** Looks a host up once: what was judged is also what is connected to. */
async function routeTo(url: URL, signal: AbortSignal): Promise<Route> {
  signal.throwIfAborted();
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  const family = isIP(host);
  const found = family > 0 ? [{ address: host, family }] : await lookup(host, { all: true });
  const scopes = found.map(({ address }) => scopeOf(address));
  const scope = scopes.reduce((widest, other) => (isNarrower(widest, other) ? other : widest));
  return { addresses: found.filter((_, index) => scopes[index] === scope), scope };
}

function get(url: URL, { addresses }: Route, signal: AbortSignal): Promise<IncomingMessage> {
  const pinned: LookupFunction = (_, { all }, answer) => {
    const [first] = addresses;
    if (all === true) answer(null, [...addresses]);
    else answer(null, first?.address ?? '', first?.family);
  };
  const headers = { 'user-agent': 'millrace', accept: '*/*', 'accept-encoding': 'identity' };
  const options: RequestOptions = { signal, headers, lookup: pinned, agent: false };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    request(url, options).on('response', resolve).on('error', reject).end();
  });
}

function isRedirect({ statusCode = 0 }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BYTES) {
      throw new FetchError('TOO_LARGE', `it is longer than ${MAX_BYTES} bytes, no torrent is`);
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
