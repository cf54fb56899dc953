import { PortMappingError } from './error.ts';
import { checkRequest, type MappingAnswer, type MappingRequest } from './mapping.ts';

const VERSION = 2;
const OPCODE_MAP = 1;
const IS_ANSWER = 128;
const LENGTH = 60;
const PROTOCOL = { tcp: 6, udp: 17 } as const;
const NONCE_LENGTH = 12;

export interface PcpRequest extends MappingRequest {
  /** The address of this machine that the router sees: 4 bytes. */
  readonly clientAddress: Uint8Array;
  /** 12 bytes that no one else knows: the same each time a mapping is renewed, and when it is given back. */
  readonly nonce: Uint8Array;
}

/**
 * Encodes a MAP request for IPv4: 60 bytes.
 *
 * ```text
 *  0 version = 2    1   8 client address  16   40 internal port    2
 *  1 opcode = 1     1  24 nonce           12   42 external port    2
 *  4 lifetime       4  36 protocol         1   44 external address 16
 * ```
 *
 * @throws {RangeError} if something does not fit.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6887#section-11.1 | RFC 6887}
 */
export function encodePcpRequest(request: PcpRequest): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const { clientAddress, nonce } = request;
  if (clientAddress.length !== 4 || nonce.length !== NONCE_LENGTH)
    throw new RangeError('Cannot map a port: the address must be 4 bytes, the nonce 12');
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, OPCODE_MAP);
  view.setUint32(4, request.lifetimeSeconds);
  // An IPv4 address within an IPv6 one; that of the outside is left to the router.
  for (const at of [8, 44]) view.setUint16(at + 10, 0xff_ff);
  bytes.set(clientAddress, 20);
  bytes.set(nonce, 24);
  view.setUint8(36, PROTOCOL[request.transport]);
  view.setUint16(40, request.internalPort);
  view.setUint16(42, request.externalPort);
  return bytes;
}

/** Reads the answer to `request`. @throws {PortMappingError} `MALFORMED`, `REFUSED` */
export function decodePcpAnswer(bytes: Uint8Array, request: PcpRequest): MappingAnswer {
  if (bytes.length < 4) throw malformed(`${bytes.length} bytes long`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== OPCODE_MAP + IS_ANSWER)
    throw malformed('of another kind');
  const result = view.getUint8(3);
  if (result !== 0) throw new PortMappingError({ code: 'REFUSED', way: 'pcp', result });
  if (bytes.length < LENGTH) throw malformed(`${bytes.length} bytes long`);
  if (!request.nonce.every((byte, at) => byte === bytes[24 + at])) throw malformed('to someone else');
  if (view.getUint8(36) !== PROTOCOL[request.transport] || view.getUint16(40) !== request.internalPort)
    throw malformed('of another port');
  return { externalPort: view.getUint16(42), lifetimeSeconds: view.getUint32(4) };
}

function malformed(reason: string): PortMappingError {
  return new PortMappingError({ code: 'MALFORMED', way: 'pcp', reason });
}
