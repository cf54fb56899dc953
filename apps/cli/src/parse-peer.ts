import { parsePeerAddress, type PeerAddress } from '@millrace/tracker-client';
import { UsageError } from './usage-error.ts';

/**
 * Reads `host:port` as typed.
 *
 * @throws {UsageError} if it is anything else.
 */
export function parsePeer(text: string): PeerAddress {
  try {
    return parsePeerAddress(text);
  } catch (error) {
    throw new UsageError(`Cannot use "${text}" as a peer: it must be an address such as 192.0.2.7:6881`, {
      cause: error,
    });
  }
}
