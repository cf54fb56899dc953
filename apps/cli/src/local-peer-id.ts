import { randomBytes } from 'node:crypto';
import { createPeerId, type PeerId } from '@millrace/metainfo';
import { readVersion } from './version.ts';

/** Makes the peer id of this run. A pre-release is named by the version it leads to. */
export function localPeerId(): PeerId {
  const [release = '0'] = readVersion().split('-');
  return createPeerId((length) => randomBytes(length), release);
}
