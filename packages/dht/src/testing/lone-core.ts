import { DhtCore } from '../core/dht-core.ts';
import type { DhtCoreOptions } from '../core/options.ts';
import type { Endpoint } from '../endpoint.ts';
import { decodeMessage } from '../krpc/decode.ts';
import { encodeQuery } from '../krpc/encode.ts';
import type { KrpcMessage, KrpcQuery } from '../krpc/message.ts';
import { parseIp } from '../ip-address.ts';
import { seededBytes } from './random.ts';

/** A packet that a core sent. */
export interface Sent {
  readonly to: Endpoint;
  readonly packet: Uint8Array;
  readonly message: KrpcMessage;
}

/** A core whose packets a test reads and writes. */
export interface LoneCore {
  readonly core: DhtCore;
  /** Packets sent since they were last taken. */
  readonly take: () => Sent[];
  /** Sends it a query, and returns the answer. */
  readonly ask: (query: KrpcQuery, from: Endpoint, nowMs?: number) => Sent | undefined;
  /** Bytes of queries that `ask` sent. */
  readonly askedBytes: number;
}

export const ASKER_ID: Uint8Array = new Uint8Array(20).fill(0x11);

/** Somewhere on the Internet, or not: `at('198.51.100.7', 6881)`. */
export function at(host: string, port = 6881): Endpoint {
  const ip = parseIp(host);
  if (ip === undefined) throw new Error(`No address: ${host}`);
  return { ip, port };
}

export function loneCore(options: Partial<DhtCoreOptions> = {}): LoneCore {
  let sent: Sent[] = [];
  let askedBytes = 0;
  const core = new DhtCore({
    family: 4,
    nowMs: 0,
    random: seededBytes(1),
    id: new Uint8Array(20).fill(0xee),
    ...options,
    send: (packet, to) => sent.push({ packet: Uint8Array.from(packet), to, message: decodeMessage(packet) }),
  });
  const take = (): Sent[] => sent.splice(0);
  sent = [];
  return {
    core,
    take,
    get askedBytes() {
      return askedBytes;
    },
    ask(query, from, nowMs = 0) {
      const packet = encodeQuery(query, { transactionId: Uint8Array.of(1, 2, 3, 4), id: ASKER_ID });
      askedBytes += packet.length;
      core.receive(packet, from, nowMs);
      const index = sent.findIndex(({ message }) => message.type !== 'query');
      return index < 0 ? undefined : sent.splice(index, 1)[0];
    },
  };
}
