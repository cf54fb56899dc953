import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { TrackerError } from '../error.ts';
import { formatIp, mappedIpv4, parseIp } from '../ip-address.ts';
import { redactUrl } from '../redact.ts';
import { requireUdpUrl } from '../udp/udp-url.ts';
import type { UdpRequestHeader } from '../udp/encode-udp.ts';
import { Deadline } from './deadline.ts';
import type { Environment } from './environment.ts';
import { resolveOptions, type AnnounceOptions } from './options.ts';
import { findRoute } from './route.ts';
import { UDP_SYSTEM, type UdpEnvironment } from './udp-environment.ts';
import { askUdp, type UdpQuestionOptions } from './udp-question.ts';

type Family = 4 | 6;

export interface AskUdpTrackerOptions<T> {
  readonly environment: Environment;
  readonly udp?: UdpEnvironment | undefined;
  readonly tracker: string;
  readonly options: AnnounceOptions;
  readonly encode: (head: UdpRequestHeader, family: Family) => Uint8Array<ArrayBuffer>;
  readonly decode: (packet: Uint8Array, transactionId: number, family: Family) => T;
}

/** A question may be lost twice, and asked again after 15 and 45 s. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** Addresses of one family that are tried. */
const MAX_ADDRESSES = 4;

/**
 * Asks a UDP tracker one question, over IPv6 and IPv4 at once if it has both: each tells the peers of its own family.
 *
 * @returns The answers, one of each family that answered: at least one.
 * @throws {TrackerError}, the signal's reason, {RangeError} or {TypeError}.
 */
export async function askUdpTracker<T>(ask: AskUdpTrackerOptions<T>): Promise<readonly T[]> {
  const { environment, tracker, options } = ask;
  const { signal } = options;
  signal?.throwIfAborted();
  const limits = resolveOptions({ ...options, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS });
  const { timeoutMs, localAddress, allowPrivate } = limits;
  const url = requireUdpUrl(tracker);
  const shown = redactUrl(tracker);
  using deadline = new Deadline({ tracker: shown, timeoutMs, idleTimeoutMs: timeoutMs, signal });
  try {
    const wanted = {
      url,
      firstScope: undefined,
      environment,
      tracker: shown,
      signal: deadline.signal,
      allowPrivate,
      isPathless: true,
    };
    const { addresses } = await findRoute(wanted);
    deadline.enter('waiting');
    const common = { url, localAddress, tracker: shown, secretUrl: tracker };
    const families = byFamily(addresses, localAddress === undefined ? undefined : isIP(localAddress));
    if (families.length === 0) {
      const detail = { code: 'UNREACHABLE', tracker: shown, host: url.hostname } as const;
      throw new TrackerError({ ...detail, reason: 'EAFNOSUPPORT' });
    }
    const udp = ask.udp ?? UDP_SYSTEM;
    return await firstAnswers(families, deadline.signal, udp, (found, familySignal) =>
      askInTurn(found, { ...common, signal: familySignal, environment: udp }, ask),
    );
  } catch (error) {
    // Whatever broke because time was up, that is why.
    deadline.signal.throwIfAborted();
    throw error;
  }
}

/** Sorts addresses by family; of a `localAddress` only its own family can be reached. */
function byFamily(
  addresses: readonly LookupAddress[],
  only: number | undefined,
): (readonly LookupAddress[])[] {
  const plain = addresses.map(asIpv4IfMapped);
  return [6, 4]
    .filter((family) => only === undefined || only === family)
    .map((family) => plain.filter((address) => address.family === family).slice(0, MAX_ADDRESSES))
    .filter((found) => found.length > 0);
}

/** What is sent to an IPv4 address written as IPv6 goes as IPv4, and so does the answer. */
function asIpv4IfMapped(found: LookupAddress): LookupAddress {
  const bytes = parseIp(found.address);
  const ipv4 = bytes === undefined ? undefined : mappedIpv4(bytes);
  return ipv4 === undefined ? found : { address: formatIp(ipv4), family: 4 };
}

/** Asks all families at once. When one has answered the others have a moment left. */
async function firstAnswers<T>(
  families: readonly (readonly LookupAddress[])[],
  signal: AbortSignal,
  { clock, graceMs }: UdpEnvironment,
  ask: (addresses: readonly LookupAddress[], signal: AbortSignal) => Promise<T>,
): Promise<readonly T[]> {
  const late = new AbortController();
  let timer: { cancel(): void } | undefined;
  const both = AbortSignal.any([signal, late.signal]);
  const asked = families.map(async (addresses) => {
    const answer = await ask(addresses, both);
    timer ??= clock.setTimer(graceMs, () => late.abort());
    return answer;
  });
  const outcomes = await Promise.allSettled(asked);
  timer?.cancel();
  const answers = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  if (answers.length > 0) return answers.map(({ value }) => value);
  // The tracker's own words say more than that one family has no way to it.
  const reasons: readonly unknown[] = outcomes.map(
    (outcome) => outcome.status === 'rejected' && outcome.reason,
  );
  throw reasons.find((reason) => TrackerError.is(reason) && reason.code === 'FAILURE') ?? reasons.at(-1);
}

/** Asks one address after the other: the next when one refuses, or was silent for as long as one retransmission. */
async function askInTurn<T>(
  addresses: readonly LookupAddress[],
  common: Omit<UdpQuestionOptions<T>, 'address' | 'family' | 'encode' | 'decode'>,
  ask: AskUdpTrackerOptions<T>,
): Promise<T> {
  const { signal, environment } = common;
  const { clock, retryMs } = environment;
  let failure: unknown;
  for (const [index, { address, family }] of addresses.entries()) {
    const silent = new AbortController();
    const isLast = index === addresses.length - 1;
    const timer = isLast ? undefined : clock.setTimer(retryMs, () => silent.abort());
    const asFamily: Family = family === 6 ? 6 : 4;
    try {
      return await askUdp<T>({
        ...common,
        address,
        family: asFamily,
        signal: AbortSignal.any([signal, silent.signal]),
        encode: (head) => ask.encode(head, asFamily),
        decode: (packet, transactionId) => ask.decode(packet, transactionId, asFamily),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!silent.signal.aborted && !(TrackerError.is(error) && NO_WAY.has(error.code))) throw error;
      failure = error;
    } finally {
      timer?.cancel();
    }
  }
  throw failure;
}

const NO_WAY: ReadonlySet<TrackerError['code']> = new Set([
  'REFUSED',
  'UNREACHABLE',
  'CONNECTION_LOST',
] as const);
