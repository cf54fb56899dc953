import type { AddressScope } from '../address-scope.ts';
import type { AnnounceRequest, AnnounceResponse } from '../announce.ts';
import { decodeAnnounceResponse } from '../decode-announce-response.ts';
import { encodeAnnounceUrl } from '../encode-announce-url.ts';
import { TrackerError } from '../error.ts';
import { decodePercent } from '../percent.ts';
import { redactUrl } from '../redact.ts';
import { parseHttpUrl, type HttpUrl } from '../tracker-url.ts';
import { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import type { Environment } from './environment.ts';
import { exchange, type Answer } from './exchange.ts';
import { resolveOptions, type AnnounceLimits, type AnnounceOptions } from './options.ts';
import { redirectTarget } from './redirect-target.ts';
import { findRoute } from './route.ts';

/** Longest body of an answer that is no success: it is read only for the tracker's own words. */
const MAX_FAILURE_BYTES = 65_536;

/** `announce`, with the world around it given. */
export async function announceIn(
  environment: Environment,
  tracker: string,
  request: AnnounceRequest,
  options: AnnounceOptions,
): Promise<AnnounceResponse> {
  const { signal } = options;
  signal?.throwIfAborted();
  const limits = resolveOptions(options);
  const parsed = parseHttpUrl(encodeAnnounceUrl(tracker, request), Number.POSITIVE_INFINITY);
  if (parsed.type !== 'http') throw new TypeError('Cannot announce: an encoded URL must be an HTTP URL');
  const { timeoutMs, idleTimeoutMs } = limits;
  using deadline = new Deadline({ tracker: redactUrl(tracker), timeoutMs, idleTimeoutMs, signal });
  try {
    return await new Announce(environment, tracker, limits, deadline).run(parsed.url);
  } catch (error) {
    // Whatever broke because time was up, that is why.
    deadline.signal.throwIfAborted();
    throw error;
  }
}

/** One announce, over as many servers as it is redirected to. */
class Announce {
  readonly #environment: Environment;
  /** The URL with its passkey, to keep it out of the tracker's own words; and without, for errors. */
  readonly #secretUrl: string;
  readonly #tracker: string;
  readonly #limits: AnnounceLimits;
  readonly #deadline: Deadline;

  constructor(environment: Environment, tracker: string, limits: AnnounceLimits, deadline: Deadline) {
    this.#environment = environment;
    this.#secretUrl = tracker;
    this.#tracker = redactUrl(tracker);
    this.#limits = limits;
    this.#deadline = deadline;
  }

  async run(first: HttpUrl): Promise<AnnounceResponse> {
    const { maxRedirects } = this.#limits;
    let url = first;
    let firstScope: AddressScope | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const { scope, result } = await this.#ask(url, first, firstScope);
      if ('peers' in result) return result;
      firstScope ??= scope;
      url = result;
    }
    throw new TrackerError({ code: 'REDIRECT_LIMIT', tracker: this.#tracker, maxRedirects });
  }

  async #ask(
    url: HttpUrl,
    first: HttpUrl,
    firstScope: AddressScope | undefined,
  ): Promise<{ readonly scope: AddressScope; readonly result: AnnounceResponse | HttpUrl }> {
    const common = { url, tracker: this.#tracker, deadline: this.#deadline, limits: this.#limits };
    const { ca } = this.#environment;
    const { localAddress } = this.#limits;
    this.#deadline.enter('resolving');
    const { signal } = this.#deadline;
    const { addresses, scope } = await findRoute({
      ...common,
      firstScope,
      signal,
      environment: this.#environment,
    });
    await using connection = await Connection.open({ ...common, addresses, localAddress, ca });
    const authorization = isSameOrigin(url, first) ? basicAuthorization(first.userInfo) : undefined;
    const result = await exchange({ ...common, connection, authorization }, (answer) =>
      this.#read(answer, url),
    );
    return { scope, result };
  }

  async #read(answer: Answer, url: HttpUrl): Promise<AnnounceResponse | HttpUrl> {
    const { status, headers } = answer;
    const target = redirectTarget(status, headers, url, this.#tracker);
    if (target !== undefined) return target;
    if (status < 200 || status > 299) return this.#refuse(answer);
    const body = await answer.readBody(this.#limits);
    return decodeAnnounceResponse(body, { maxPeers: this.#limits.maxPeers, tracker: this.#secretUrl });
  }

  /** A tracker may say in its own words why the status is none of success. */
  async #refuse(answer: Answer): Promise<never> {
    const { status, headers } = answer;
    const maxBytes = Math.min(MAX_FAILURE_BYTES, this.#limits.maxBodyBytes);
    try {
      const body = await answer.readBody({ maxBodyBytes: maxBytes, maxDecodedBytes: maxBytes });
      decodeAnnounceResponse(body, { tracker: this.#secretUrl });
    } catch (error) {
      this.#deadline.signal.throwIfAborted();
      if (TrackerError.is(error) && error.detail.code === 'FAILURE')
        throw new TrackerError({ ...error.detail, status });
    }
    const retryMs = retryAfterMs(headers['retry-after']);
    throw new TrackerError({ code: 'HTTP_STATUS', tracker: this.#tracker, status, retryMs });
  }
}

function isSameOrigin(a: HttpUrl, b: HttpUrl): boolean {
  return a.protocol === b.protocol && a.hostname === b.hostname && a.port === b.port;
}

function basicAuthorization(userInfo: string): string | undefined {
  return userInfo === '' ? undefined : `Basic ${Buffer.from(decodePercent(userInfo)).toString('base64')}`;
}

function retryAfterMs(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header)
    ? Math.min(Number(header) * 1_000, 2 ** 31 - 1)
    : undefined;
}
