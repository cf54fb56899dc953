import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { PortMappingError } from '../error.ts';
import type { MappingAnswer, MappingRequest } from '../mapping.ts';
import { decodeNatPmpAnswer, encodeNatPmpRequest, NAT_PMP_PORT, UNSUPPORTED_VERSION } from '../nat-pmp.ts';
import { decodePcpAnswer, encodePcpRequest } from '../pcp.ts';

/** Waits between sending again. RFC 6886: a quarter of a second, then twice as long each time. */
const WAITS_MS = [250, 500, 1_000];

export interface GatewayQuestion {
  readonly host: string;
  /** @defaultValue 5351 */
  readonly port?: number | undefined;
  readonly nonce: Uint8Array;
  readonly signal: AbortSignal;
}

/** Asks a gateway by NAT-PMP, or by PCP if it wants that. @throws {PortMappingError} */
export async function askGateway(
  request: MappingRequest,
  question: GatewayQuestion,
): Promise<MappingAnswer & { readonly way: 'nat-pmp' | 'pcp' }> {
  try {
    const answer = await exchange(question, () => encodeNatPmpRequest(request));
    return { way: 'nat-pmp', ...decodeNatPmpAnswer(answer, request) };
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  let pcp = { ...request, nonce: question.nonce, clientAddress: new Uint8Array(4) };
  const answer = await exchange(question, (localAddress) => {
    pcp = { ...pcp, clientAddress: Uint8Array.from(localAddress.split('.'), Number) };
    return encodePcpRequest(pcp);
  });
  return { way: 'pcp', ...decodePcpAnswer(answer, pcp) };
}

function isUnsupported(error: unknown): boolean {
  return (
    PortMappingError.is(error) &&
    error.detail.code === 'REFUSED' &&
    error.detail.result === UNSUPPORTED_VERSION
  );
}

/** Sends a packet again and again until an answer comes; from a connected socket, so that no one else can answer. */
async function exchange(
  { host, port = NAT_PMP_PORT, signal }: GatewayQuestion,
  encode: (localAddress: string) => Uint8Array,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const socket = createSocket('udp4');
  const answer = Promise.withResolvers<Uint8Array>();
  answer.promise.catch(() => {});
  const fail = (error: unknown): void => answer.reject(error);
  const onAbort = (): void => fail(signal.reason);
  let timer: NodeJS.Timeout | undefined;
  socket.on('message', (packet) => answer.resolve(packet));
  socket.on('error', fail);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket.connect(port, host);
    await Promise.race([once(socket, 'connect'), answer.promise]);
    const packet = encode(socket.address().address);
    const send = (count: number): void => {
      const waitMs = WAITS_MS[count];
      if (waitMs === undefined) return fail(new PortMappingError({ code: 'NO_ROUTER' }));
      socket.send(packet, (error) => {
        if (error !== null) fail(error);
      });
      timer = setTimeout(send, waitMs, count + 1);
    };
    send(0);
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.close();
  }
}
