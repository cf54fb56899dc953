import { decode, encode, type BencodeDict, type BencodeValue } from '@millrace/bencode';
import { PeerWireError } from '../error.ts';
import { formatIp, parseIp } from '../ip-address.ts';

/** What a side says of itself in its extended handshake. */
export interface ExtendedFields {
  /** Name and version of the client. */
  readonly version?: string;
  /** Requests that it keeps without dropping any: `reqq`. */
  readonly requestQueueLength?: number;
  /** Length of the info dictionary, in bytes, once it has it. {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9} */
  readonly metadataSize?: number;
  /** The IP address at which it sees the other side. */
  readonly yourIp?: string;
  /** The TCP port it listens at: `p`. */
  readonly port?: number;
  /** Whether it wants no pieces. {@link https://www.bittorrent.org/beps/bep_0021.html | BEP 21} */
  readonly uploadOnly?: boolean;
}

/** What the remote has said of itself so far; later handshakes change only what they name. */
export interface RemoteExtended {
  /** Whether a handshake came. */
  readonly isKnown: boolean;
  /** The remote's ids, 1 to 255, of the extensions that it supports now; 32 at most. */
  readonly extensions: ReadonlyMap<string, number>;
  /** 256 code points at most, as they came: escape them before showing them. */
  readonly version: string | undefined;
  /** 1 to 2000: more is cut, less is left out. */
  readonly requestQueueLength: number | undefined;
  /** A safe integer of at least 1; whether it is acceptable is for its user to say. */
  readonly metadataSize: number | undefined;
  /** Our address as the remote sees it. */
  readonly yourIp: string | undefined;
  /** 1 to 65535. */
  readonly port: number | undefined;
  readonly uploadOnly: boolean;
  /** Names of the fields that the last handshake had and that could not be used. */
  readonly ignored: readonly string[];
}

/** Before any handshake. */
export const NOT_EXTENDED: RemoteExtended = {
  isKnown: false,
  extensions: new Map(),
  version: undefined,
  requestQueueLength: undefined,
  metadataSize: undefined,
  yourIp: undefined,
  port: undefined,
  uploadOnly: false,
  ignored: [],
};

/** Bytes of a handshake that are read: a hundred times what clients send. */
const MAX_LENGTH = 65_536;
const MAX_EXTENSIONS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_VERSION_LENGTH = 256;
const MAX_REQUEST_QUEUE_LENGTH = 2_000;
const MAX_PORT = 65_535;
const utf8 = new TextDecoder();

/**
 * Encodes the payload of an extended handshake. `ids` are ours, 0 for an extension given up.
 *
 * @throws {RangeError} if a number, the address or the version cannot be.
 * @see {@link https://www.bittorrent.org/beps/bep_0010.html | BEP 10, handshake message}
 */
export function encodeExtendedHandshake(
  fields: ExtendedFields,
  ids: ReadonlyMap<string, number>,
): Uint8Array<ArrayBuffer> {
  checkExtendedFields(fields);
  const { version, requestQueueLength, metadataSize, yourIp, port, uploadOnly } = fields;
  return encode({
    m: ids,
    metadata_size: metadataSize,
    p: port,
    reqq: requestQueueLength,
    upload_only: uploadOnly === undefined ? undefined : Number(uploadOnly),
    v: version,
    yourip: yourIp === undefined ? undefined : parseIp(yourIp),
  });
}

/** @throws {RangeError} if a number, the address or the version cannot be. */
export function checkExtendedFields(fields: ExtendedFields): void {
  const { version, requestQueueLength, metadataSize, yourIp, port } = fields;
  if (yourIp !== undefined && parseIp(yourIp) === undefined) {
    throw new RangeError(
      `Cannot use ${JSON.stringify(yourIp)} as yourIp: it must be an IPv4 or IPv6 address`,
    );
  }
  if (version?.isWellFormed() === false) {
    throw new RangeError(`Cannot use ${JSON.stringify(version)} as version: it must have a UTF-8 form`);
  }
  checkNumber('requestQueueLength', requestQueueLength, Number.MAX_SAFE_INTEGER);
  checkNumber('metadataSize', metadataSize, Number.MAX_SAFE_INTEGER);
  checkNumber('port', port, MAX_PORT);
}

function checkNumber(name: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= max)) return;
  throw new RangeError(`Cannot use ${value} as ${name}: it must be a whole number from 1 to ${max}`);
}

/**
 * Decodes the payload of an extended handshake and applies it to what is known. A field that is malformed is left out
 * and named in `ignored`; unknown fields are neither.
 *
 * @throws {PeerWireError} `MALFORMED_EXTENSION` if it is no dictionary, `MESSAGE_TOO_LONG` if it is over 64 KiB.
 */
export function decodeExtendedHandshake(payload: Uint8Array, before: RemoteExtended): RemoteExtended {
  const dict = decodeDict(payload);
  const ignored: string[] = [];
  const read = <T>(name: string, known: T, parse: (value: BencodeValue) => T | undefined): T => {
    const value = dict.get(name);
    if (value === undefined) return known;
    const parsed = parse(value);
    if (parsed === undefined) ignored.push(name);
    return parsed ?? known;
  };
  return {
    isKnown: true,
    extensions: read('m', before.extensions, (value) => readIds(value, before.extensions, ignored)),
    version: read('v', before.version, readVersion),
    requestQueueLength: read('reqq', before.requestQueueLength, (value) =>
      isNatural(value) ? Math.min(value, MAX_REQUEST_QUEUE_LENGTH) : undefined,
    ),
    metadataSize: read('metadata_size', before.metadataSize, (value) =>
      isNatural(value) ? value : undefined,
    ),
    yourIp: read('yourip', before.yourIp, readAddress),
    port: read('p', before.port, (value) => (isNatural(value) && value <= MAX_PORT ? value : undefined)),
    uploadOnly: read('upload_only', before.uploadOnly, (value) =>
      typeof value === 'number' ? value !== 0 : undefined,
    ),
    ignored,
  };
}

function decodeDict(payload: Uint8Array): BencodeDict {
  if (payload.length > MAX_LENGTH) {
    throw new PeerWireError({ code: 'MESSAGE_TOO_LONG', length: payload.length, maxLength: MAX_LENGTH });
  }
  let value: BencodeValue | undefined;
  let cause: unknown;
  try {
    value = decode(payload, { strict: false });
  } catch (error) {
    cause = error;
  }
  if (value instanceof Map) return value;
  throw new PeerWireError({ code: 'MALFORMED_EXTENSION', extension: 'handshake' }, { cause });
}

/** Reads `m`: it names what changes, 0 for what is given up. */
function readIds(
  value: BencodeValue,
  before: ReadonlyMap<string, number>,
  ignored: string[],
): ReadonlyMap<string, number> | undefined {
  if (!(value instanceof Map)) return undefined;
  const changes: BencodeDict = value;
  const ids = new Map(before);
  // First what is given up: it makes room.
  for (const [name, id] of changes) if (id === 0) ids.delete(name);
  let isComplete = true;
  for (const [name, id] of changes) {
    if (id === 0) continue;
    const isUsable = isNatural(id) && id <= 255 && name.length > 0 && name.length <= MAX_NAME_LENGTH;
    if (isUsable && (ids.size < MAX_EXTENSIONS || ids.has(name))) ids.set(name, id);
    else isComplete = false;
  }
  if (!isComplete) ignored.push('m');
  return ids;
}

function readVersion(value: BencodeValue): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  // No code point takes more than four bytes: what is decoded is bounded before it is cut.
  const text = utf8.decode(value.subarray(0, 4 * MAX_VERSION_LENGTH));
  return Array.from(text).slice(0, MAX_VERSION_LENGTH).join('');
}

function readAddress(value: BencodeValue): string | undefined {
  return value instanceof Uint8Array && (value.length === 4 || value.length === 16)
    ? formatIp(value)
    : undefined;
}

function isNatural(value: BencodeValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}
