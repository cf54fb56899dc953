import { lookup } from 'node:dns/promises';
import type { Endpoint } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import { parseIp } from '../ip-address.ts';
import { type NodeAddress, toEndpoint } from './address.ts';

/** Addresses of one name that are used. */
const MAX_PER_NAME = 4;

/**
 * Finds the endpoints that an address stands for, of both families.
 *
 * @throws {DhtError} `NOT_RESOLVED` if a name stands for none.
 */
export async function resolveAddress(address: NodeAddress): Promise<Endpoint[]> {
  const endpoint = toEndpoint(address);
  if (endpoint !== undefined) return [endpoint];
  const { host, port } = address;
  try {
    const found = await lookup(host, { all: true });
    return found
      .flatMap(({ address: text }) => {
        const ip = parseIp(text);
        return ip === undefined ? [] : [{ ip, port }];
      })
      .slice(0, MAX_PER_NAME);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new DhtError({ code: 'NOT_RESOLVED', host, reason }, { cause: error });
  }
}
