import { request } from 'node:http';
import { PortMappingError } from '../error.ts';

/** Longest answer that is read, in bytes. */
const MAX_LENGTH = 128 * 1024;
const TIMEOUT_MS = 4_000;

export interface TextAnswer {
  readonly status: number;
  readonly body: string;
  /** The address of this machine from which the host was asked. */
  readonly localAddress: string;
}

/** Asks a host by HTTP for a short text. Redirects are not followed. */
export function requestText(
  url: URL,
  signal: AbortSignal,
  order?: { readonly action: string; readonly body: string },
): Promise<TextAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TextAnswer>();
  const body = order === undefined ? undefined : Buffer.from(order.body);
  const headers = body && {
    'content-type': 'text/xml; charset="utf-8"',
    'content-length': body.length,
    soapaction: order?.action,
  };
  const asked = request(url, {
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    ...(headers === undefined ? {} : { headers }),
  });
  asked.on('error', reject);
  asked.on('response', (response) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const { localAddress = '' } = response.socket;
    response.on('error', reject);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_LENGTH)
        asked.destroy(new PortMappingError({ code: 'MALFORMED', way: 'upnp', reason: 'without an end' }));
    });
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(chunks).toString('utf8'),
        localAddress,
      }),
    );
  });
  asked.end(body);
  return promise;
}
