import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TrackerError } from '../error.ts';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxDecodedBytes: number;
}

export interface ReadBodyOptions {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly limits: BodyLimits;
  readonly signal: AbortSignal;
  /** Named in errors. */
  readonly tracker: string;
  /** Told of every chunk. */
  readonly onProgress: () => void;
}

/**
 * Reads the body of an answer, and unpacks it as it comes: neither what is read nor what it unpacks to passes its bound
 * by more than one chunk.
 *
 * @throws {TrackerError} `BODY_TOO_LARGE`, `UNSUPPORTED_ENCODING` or `CORRUPT_ENCODING`.
 */
export async function readBody(body: Readable, options: ReadBodyOptions): Promise<Uint8Array> {
  const { headers, limits, signal, tracker, onProgress } = options;
  const { maxBodyBytes, maxDecodedBytes } = limits;
  const declared = headers['content-length'];
  if (typeof declared === 'string' && Number(declared) > maxBodyBytes) {
    throw new TrackerError({ code: 'BODY_TOO_LARGE', tracker, maxBytes: maxBodyBytes, isDecoded: false });
  }
  const { encoding, decoder } = decoderOf(headers['content-encoding'], tracker);
  const chunks: Uint8Array[] = [];
  async function* received(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    const count = counter(maxBodyBytes, tracker, false);
    for await (const chunk of source) {
      onProgress();
      count(chunk);
      yield chunk;
    }
  }
  async function collect(source: AsyncIterable<Uint8Array>): Promise<void> {
    const count = counter(
      decoder === undefined ? maxBodyBytes : maxDecodedBytes,
      tracker,
      decoder !== undefined,
    );
    for await (const chunk of source) {
      count(chunk);
      chunks.push(chunk);
    }
  }
  try {
    // What aborts the request closes its connection, and that ends the body.
    if (decoder === undefined) await collect(received(body));
    else await pipeline(body, received, decoder, collect, { signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new TrackerError({ code: 'CORRUPT_ENCODING', tracker, encoding }, { cause: error });
    }
    throw error;
  }
  signal.throwIfAborted(); // the end of a connection may be the end of a body, too
  return join(chunks);
}

/**
 * Only what was asked for, and what older servers send in its place; a stack of encodings is refused whole. Most answers
 * are not packed: what unpacks them is loaded for those that are.
 */
function decoderOf(
  header: string | string[] | undefined,
  tracker: string,
): { readonly encoding: string; readonly decoder: Transform | undefined } {
  const encoding = (Array.isArray(header) ? header.join(', ') : (header ?? '')).trim().toLowerCase();
  switch (encoding) {
    case '':
    case 'identity':
      return { encoding, decoder: undefined };
    case 'gzip':
    case 'x-gzip':
      return { encoding, decoder: process.getBuiltinModule('node:zlib').createGunzip() };
    case 'deflate':
      return { encoding, decoder: process.getBuiltinModule('node:zlib').createInflate() };
    default:
      throw new TrackerError({ code: 'UNSUPPORTED_ENCODING', tracker, encoding });
  }
}

function counter(maxBytes: number, tracker: string, isDecoded: boolean): (chunk: Uint8Array) => void {
  let length = 0;
  return (chunk) => {
    length += chunk.length;
    if (length > maxBytes) throw new TrackerError({ code: 'BODY_TOO_LARGE', tracker, maxBytes, isDecoded });
  };
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
