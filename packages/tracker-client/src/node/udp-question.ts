import { TrackerError } from '../error.ts';
import { UdpExchange, type UdpExchangeOptions } from '../udp/udp-exchange.ts';
import type { HttpUrl } from '../tracker-url.ts';
import { connectError } from './transport-error.ts';
import type { UdpEnvironment } from './udp-environment.ts';
import { UdpSocket } from './udp-socket.ts';

export interface UdpQuestionOptions<T> {
  readonly url: HttpUrl;
  readonly address: string;
  readonly family: 4 | 6;
  readonly localAddress: string | undefined;
  readonly encode: UdpExchangeOptions<T>['encode'];
  readonly decode: UdpExchangeOptions<T>['decode'];
  /** Ends it; the promise rejects with the reason. */
  readonly signal: AbortSignal;
  readonly environment: UdpEnvironment;
  /** The announce URL with its passkey, and without, for errors. */
  readonly secretUrl: string;
  readonly tracker: string;
}

/**
 * Asks one address of a tracker one question, and again while it is silent.
 *
 * @throws {TrackerError} what the exchange throws; `REFUSED` or `UNREACHABLE`.
 * @throws the signal's reason.
 */
export async function askUdp<T>(options: UdpQuestionOptions<T>): Promise<T> {
  const { url, address, family, localAddress, signal, environment, tracker } = options;
  signal.throwIfAborted();
  const { clock, connections, randomId, retryMs } = environment;
  const key = `${localAddress ?? ''} ${address} ${url.port}`;
  const exchange = new UdpExchange<T>({
    encode: options.encode,
    decode: options.decode,
    randomId,
    retryMs,
    connection: connections.get(key),
    tracker: options.secretUrl,
  });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // Whether or not anyone comes to wait for it.
  promise.catch(() => {});
  const onAbort = (): void => reject(signal.reason);
  const onError = (error: Error): void => reject(connectError(error, url.hostname, tracker));
  let timer: { cancel(): void } | undefined;
  const send = (packet: Uint8Array): void => {
    timer?.cancel();
    timer = clock.setTimer(exchange.deadlineMs - clock.now(), () => send(exchange.retry(clock.now())));
    socket.send(packet);
  };
  const onPacket = (packet: Uint8Array): void => {
    try {
      const step = exchange.receive(packet, clock.now());
      if (step.type === 'send') send(step.packet);
      if (step.type === 'answer') resolve(step.value);
    } catch (error) {
      reject(error);
    }
  };
  await using socket = await UdpSocket.open({
    address,
    family,
    port: url.port,
    localAddress,
    onPacket,
    onError,
  }).catch((error: unknown) => {
    throw connectError(error, url.hostname, tracker);
  });
  let hasFailed = false;
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    send(exchange.start(clock.now()));
    return await promise;
  } catch (error) {
    // A tracker that refuses the question may refuse the connection: the next question does not bet on it.
    hasFailed = TrackerError.is(error);
    throw error;
  } finally {
    timer?.cancel();
    signal.removeEventListener('abort', onAbort);
    connections.set(key, hasFailed ? undefined : exchange.connection);
  }
}
