import { PortMappingError } from './error.ts';
import { checkRequest, type MappingAnswer, type MappingRequest } from './mapping.ts';

/** UDP port at which routers are asked, of NAT-PMP and PCP. */
export const NAT_PMP_PORT = 5351;
/** What a router answers that speaks another version: PCP. */
export const UNSUPPORTED_VERSION = 1;

const OPCODE = { udp: 1, tcp: 2 } as const;
const IS_ANSWER = 128;
const ANSWER_LENGTH = 16;

/**
 * Encodes a request: 12 bytes.
 *
 * ```text
 * 0 version = 0  1   2 reserved       2   6 external port 2
 * 1 opcode       1   4 internal port  2   8 lifetime      4
 * ```
 *
 * @throws {RangeError} if a number does not fit.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6886#section-3.3 | RFC 6886}
 */
export function encodeNatPmpRequest(request: MappingRequest): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const view = new DataView(new ArrayBuffer(12));
  view.setUint8(1, OPCODE[request.transport]);
  view.setUint16(4, request.internalPort);
  // Whoever gives a port back wishes for none.
  view.setUint16(6, request.lifetimeSeconds === 0 ? 0 : request.externalPort);
  view.setUint32(8, request.lifetimeSeconds);
  return new Uint8Array(view.buffer);
}

/** Reads the answer to `request`. @throws {PortMappingError} `MALFORMED`, `REFUSED` */
export function decodeNatPmpAnswer(bytes: Uint8Array, request: MappingRequest): MappingAnswer {
  if (bytes.length < 4) throw malformed(`${bytes.length} bytes long`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const result = view.getUint16(2);
  // One that speaks only another version answers in that.
  if (result !== 0 || view.getUint8(0) !== 0) {
    throw new PortMappingError({ code: 'REFUSED', way: 'nat-pmp', result: result || UNSUPPORTED_VERSION });
  }
  if (bytes.length < ANSWER_LENGTH) throw malformed(`${bytes.length} bytes long`);
  if (view.getUint8(1) !== OPCODE[request.transport] + IS_ANSWER) throw malformed('to another question');
  if (view.getUint16(8) !== request.internalPort) throw malformed('of another port');
  return { externalPort: view.getUint16(10), lifetimeSeconds: view.getUint32(12) };
}

function malformed(reason: string): PortMappingError {
  return new PortMappingError({ code: 'MALFORMED', way: 'nat-pmp', reason });
}
