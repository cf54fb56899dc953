import type { AddressScope } from '../address-scope.ts';
import { TrackerError } from '../error.ts';
import { decodePercent } from '../percent.ts';
import { readAnswer } from '../read-answer.ts';
import { redactUrl } from '../redact.ts';
import { parseHttpUrl, type HttpUrl } from '../tracker-url.ts';
import { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import type { Environment } from './environment.ts';
import { exchange, type Answer } from './exchange.ts';
import type { AnnounceLimits } from './options.ts';
import { redirectTarget } from './redirect-target.ts';
import { findProxyRoute, findRoute } from './route.ts';

/** Longest body of an answer that is no success: it is read only for the tracker's own words. */
const MAX_FAILURE_BYTES = 65_536;

export interface AskOptions<T> {
  readonly environment: Environment;
  /** The announce URL, for errors. */
  readonly tracker: string;
  /** What is asked for: an encoded URL. */
  readonly url: string;
  readonly limits: AnnounceLimits;
  readonly signal: AbortSignal | undefined;
  readonly decode: (body: Uint8Array) => T;
}

/** Asks an HTTP tracker one question. @throws {TrackerError}, or the signal's reason. */
export async function askTracker<T>(options: AskOptions<T>): Promise<T> {
  const { tracker, limits, signal } = options;
  signal?.throwIfAborted();
  const parsed = parseHttpUrl(options.url, Number.POSITIVE_INFINITY);
  if (parsed.type !== 'http') throw new TypeError('Cannot ask a tracker: an encoded URL must be an HTTP URL');
  const { timeoutMs, idleTimeoutMs } = limits;
  using deadline = new Deadline({ tracker: redactUrl(tracker), timeoutMs, idleTimeoutMs, signal });
  try {
    return await new Question(options, deadline).run(parsed.url);
  } catch (error) {
    // Whatever broke because time was up, that is why.
    deadline.signal.throwIfAborted();
    throw error;
  }
}

type Outcome<T> = { readonly value: T } | { readonly target: HttpUrl };

/** One question, over as many servers as it is redirected to. */
class Question<T> {
  readonly #environment: Environment;
  /** The URL with its passkey, to keep it out of the tracker's own words; and without, for errors. */
  readonly #secretUrl: string;
  readonly #tracker: string;
  readonly #limits: AnnounceLimits;
  readonly #deadline: Deadline;
  readonly #decode: (body: Uint8Array) => T;

  constructor({ environment, tracker, limits, decode }: AskOptions<T>, deadline: Deadline) {
    this.#environment = environment;
    this.#secretUrl = tracker;
    this.#tracker = redactUrl(tracker);
    this.#limits = limits;
    this.#deadline = deadline;
    this.#decode = decode;
  }

  async run(first: HttpUrl): Promise<T> {
    const { maxRedirects } = this.#limits;
    let url = first;
    let firstScope: AddressScope | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const { scope, result } = await this.#ask(url, first, firstScope);
      if ('value' in result) return result.value;
      firstScope ??= scope;
      url = result.target;
    }
    throw new TrackerError({ code: 'REDIRECT_LIMIT', tracker: this.#tracker, maxRedirects });
  }

  async #ask(
    url: HttpUrl,
    first: HttpUrl,
    firstScope: AddressScope | undefined,
  ): Promise<{ readonly scope: AddressScope; readonly result: Outcome<T> }> {
    const common = { url, tracker: this.#tracker, deadline: this.#deadline, limits: this.#limits };
    const { ca } = this.#environment;
    const { localAddress, proxy, allowPrivate } = this.#limits;
    this.#deadline.enter('resolving');
    const { signal } = this.#deadline;
    const wanted = { ...common, firstScope, signal, allowPrivate, environment: this.#environment };
    const { addresses, scope } = await (proxy === undefined
      ? findRoute(wanted)
      : findProxyRoute(proxy, wanted));
    await using connection = await Connection.open({ ...common, addresses, localAddress, proxy, ca });
    const authorization = isSameOrigin(url, first) ? basicAuthorization(first.userInfo) : undefined;
    const result = await exchange({ ...common, connection, authorization }, (answer) =>
      this.#read(answer, url),
    );
    return { scope, result };
  }

  async #read(answer: Answer, url: HttpUrl): Promise<Outcome<T>> {
    const { status, headers } = answer;
    const target = redirectTarget(status, headers, url, this.#tracker);
    if (target !== undefined) return { target };
    if (status < 200 || status > 299) return this.#refuse(answer);
    const body = await answer.readBody(this.#limits);
    return { value: this.#decode(body) };
  }

  /** A tracker may say in its own words why the status is none of success. */
  async #refuse(answer: Answer): Promise<never> {
    const { status, headers } = answer;
    const maxBytes = Math.min(MAX_FAILURE_BYTES, this.#limits.maxBodyBytes);
    try {
      const body = await answer.readBody({ maxBodyBytes: maxBytes, maxDecodedBytes: maxBytes });
      readAnswer(body, this.#secretUrl);
    } catch (error) {
      this.#deadline.signal.throwIfAborted();
      if (TrackerError.is(error) && error.detail.code === 'FAILURE')
        throw new TrackerError({ ...error.detail, status });
    }
    const { proxy } = this.#limits;
    if (status === 407 && proxy !== undefined) {
      const detail = { code: 'PROXY_FAILED', tracker: this.#tracker, proxy: proxy.name } as const;
      throw new TrackerError({ ...detail, problem: 'AUTHENTICATION', reason: 'status 407' });
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
