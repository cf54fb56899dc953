import type { ClientRequest, IncomingMessage } from 'node:http';
import { TrackerError } from '../error.ts';
import { formatHttpUrl, type HttpUrl } from '../tracker-url.ts';
import type { Connection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import type { AnnounceLimits } from './options.ts';
import { proxyAuthorization } from './proxy.ts';
import { readBody, type BodyLimits } from './read-body.ts';
import { answerError, MAX_HEADER_BYTES } from './transport-error.ts';

export interface ExchangeOptions {
  readonly url: HttpUrl;
  readonly connection: Connection;
  /** The header that names the user, if this server is to be told. */
  readonly authorization: string | undefined;
  readonly limits: AnnounceLimits;
  readonly deadline: Deadline;
  /** Named in errors. */
  readonly tracker: string;
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What a server answered to one request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Reads the body; only while the exchange is open. @throws {TrackerError} */
  readBody(limits: BodyLimits): Promise<Uint8Array>;
}

/**
 * Sends one request on a connection of its own, and has `use` make something of the answer. Nothing of it is left when
 * the promise settles but the connection, which is its owner's to close.
 *
 * @throws {TrackerError} for whatever the server does instead of answering.
 */
export async function exchange<T>(options: ExchangeOptions, use: (answer: Answer) => Promise<T>): Promise<T> {
  const { connection, deadline, tracker } = options;
  deadline.signal.throwIfAborted();
  deadline.enter('waiting');
  const { destroyed, errored } = connection.stream;
  // Of what happened to its connection before, a request would never hear.
  if (destroyed) throw answerError(errored ?? new Error('closed'), deadline.phase, tracker);
  const request = send(options);
  try {
    const response = await answerTo(request, tracker);
    deadline.enter('reading');
    const headers = headersOf(response);
    return await use({
      status: response.statusCode ?? 0,
      headers,
      readBody: async (limits) => {
        const onProgress = (): void => deadline.enter('reading');
        return readBody(response, { headers, limits, signal: deadline.signal, tracker, onProgress });
      },
    });
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw answerError(error, deadline.phase, tracker);
  } finally {
    request.destroy();
  }
}

function send({ url, connection, authorization, limits }: ExchangeOptions): ClientRequest {
  // Not imported: that reads every export, and for one of them Node loads all of fetch, HTTP/2 and TLS.
  const relay = relayOf(url, limits);
  const request = process.getBuiltinModule('node:http').request({
    createConnection: () => connection.stream,
    path: relay === undefined ? url.path : formatHttpUrl({ ...url, userInfo: '' }),
    headers: {
      host: url.authority,
      'user-agent': limits.userAgent,
      'accept-encoding': 'gzip',
      ...(authorization === undefined ? {} : { authorization }),
      ...(relay?.authorization === undefined ? {} : { 'proxy-authorization': relay.authorization }),
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
  });
  // Their bytes are bounded; past a number of headers, Node would drop the rest without a word.
  request.maxHeadersCount = 0;
  request.end();
  return request;
}

/** A proxy that takes the request itself and passes it on, as HTTP proxies do with what is not secret. */
function relayOf(
  { protocol }: HttpUrl,
  { proxy }: AnnounceLimits,
): { readonly authorization: string | undefined } | undefined {
  const isRelay = proxy?.kind === 'http' && protocol === 'http:';
  return isRelay ? { authorization: proxyAuthorization(proxy) } : undefined;
}

/** Waits for the head of the final answer. Its body fails with whatever the request or the connection fails with. */
async function answerTo(request: ClientRequest, tracker: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.once('response', (response) => {
    // A body that nobody reads fails when its connection is closed.
    response.on('error', () => {});
    // Node takes a reset for the end of a body without a length; and junk after an answer does not undo it.
    request.on('error', (error) => void (response.complete || response.destroy(error)));
    resolve(response);
  });
  request.once('upgrade', resolve);
  request.on('error', reject);
  // Whatever else it is that ends in no answer.
  request.once('close', () => reject(new Error('closed')));
  const response = await promise;
  if ((response.statusCode ?? 0) >= 200) return response;
  const reason = `status ${response.statusCode} without being asked`;
  throw new TrackerError({ code: 'NOT_HTTP', tracker, reason });
}

/** Node itself would join some headers that come twice, and drop others. */
function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const found = new Map<string, string | string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const key = name.toLowerCase();
    const before = found.get(key);
    found.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(found);
}
