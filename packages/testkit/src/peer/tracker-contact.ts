import { get } from 'node:http';
import type { TcpAddress } from '@millrace/peer-wire/node';

export interface Contact {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** Where this peer listens; the host is sent too, as a tracker sees only where the announce came from. */
  readonly address: TcpAddress;
  readonly left: number;
  readonly event: 'started' | 'stopped';
}

/**
 * Announces a scripted peer. Written apart from tracker-client, so that a mistake there is not made on both sides.
 *
 * @throws {Error} if the tracker cannot be reached within two seconds or does not answer with status 200.
 */
export async function announceTo(tracker: string, contact: Contact): Promise<void> {
  const { infoHash, peerId, address, left, event } = contact;
  const query =
    `info_hash=${escapeBytes(infoHash)}&peer_id=${escapeBytes(peerId)}&ip=${encodeURIComponent(address.host)}` +
    `&port=${address.port}&uploaded=0&downloaded=0&left=${left}&event=${event}&compact=1&numwant=0`;
  await new Promise<void>((resolve, reject) => {
    const request = get(`${tracker}?${query}`, { agent: false, timeout: 2000 }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else
          reject(new Error(`Cannot announce to ${tracker}: status is ${response.statusCode}, expected 200`));
      });
    });
    request.once('timeout', () => request.destroy(new Error(`Cannot announce to ${tracker}: no answer`)));
    request.once('error', reject);
  });
}

function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
