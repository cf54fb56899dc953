import { Client, type Dispatcher } from 'undici';
import type { HttpUrl } from '../tracker-url.ts';
import type { Connection } from './connection.ts';
import type { Deadline } from './deadline.ts';
import type { AnnounceLimits } from './options.ts';
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
  const { url, connection, deadline, tracker } = options;
  const client = new Client(`${url.protocol}//${url.authority}`, {
    // Later, as a real connector would: undici waits for ever when called back before it returns.
    connect: (_target, callback) => void setImmediate(() => callback(null, connection.stream)),
    allowH2: false,
    useMilo: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline's own timers are exact, and know of lookups and connections as well.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    deadline.enter('waiting');
    const { statusCode, headers, body } = await request(client, options);
    deadline.enter('reading');
    // A body that nobody reads fails when its connection is closed.
    body.on('error', () => {});
    return await use({
      status: statusCode,
      headers,
      readBody: async (limits) => {
        const onProgress = (): void => deadline.enter('reading');
        return readBody(body, { headers, limits, signal: deadline.signal, tracker, onProgress });
      },
    });
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw answerError(error, deadline.phase, tracker);
  } finally {
    await client.destroy();
  }
}

async function request(
  client: Client,
  { url, authorization, limits, deadline }: ExchangeOptions,
): Promise<Dispatcher.ResponseData> {
  return client.request({
    method: 'GET',
    path: url.path,
    headers: {
      'user-agent': limits.userAgent,
      'accept-encoding': 'gzip',
      ...(authorization === undefined ? {} : { authorization }),
    },
    reset: true,
    signal: deadline.signal,
  });
}
