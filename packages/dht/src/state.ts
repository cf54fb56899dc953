import { BencodeError, decode, encode } from '@millrace/bencode';
import { bytes, dict, int, list } from '@millrace/bencode/schema';
import { compactLength, decodeEndpoint, type Family, isReachable } from './endpoint.ts';
import { DhtError } from './error.ts';
import { encodeNodes } from './krpc/encode.ts';
import { type Contact, ID_LENGTH } from './node-id.ts';

/** What is kept of a node between two runs. */
export interface NodeState {
  readonly family: Family;
  /** 20 bytes. */
  readonly id: Uint8Array;
  readonly contacts: readonly Contact[];
}

const VERSION = 1;
/** Nodes that are read: more than any table has. */
const MAX_CONTACTS = 2000;
const MAX_NODES = 64;

const reader = dict({
  version: int({ min: VERSION, max: VERSION }),
  nodes: list(
    dict({
      family: int({ min: 4, max: 6 }),
      id: bytes(ID_LENGTH),
      contacts: bytes({ max: MAX_CONTACTS * 38 }),
    }),
    { max: MAX_NODES },
  ),
});

/** Writes states as bytes the caller owns: bencode, for a file of one's own. */
export function encodeState(states: readonly NodeState[]): Uint8Array<ArrayBuffer> {
  const nodes = states.map(({ family, id, contacts }) => ({ family, id, contacts: encodeNodes(contacts) }));
  return encode({ version: VERSION, nodes });
}

/** Reads what `encodeState` wrote. @throws {DhtError} `INVALID_STATE` if it is anything else. */
export function decodeState(state: Uint8Array): NodeState[] {
  try {
    return reader.read(decode(state)).nodes.map(({ family, id, contacts }) => {
      const known: Family = family === 4 ? 4 : 6;
      return { family: known, id: Uint8Array.from(id), contacts: contactsOf(contacts, known) };
    });
  } catch (error) {
    if (!BencodeError.is(error)) throw error;
    throw new DhtError({ code: 'INVALID_STATE', reason: error.message }, { cause: error });
  }
}

function contactsOf(compact: Uint8Array, family: Family): Contact[] {
  const length = ID_LENGTH + compactLength(family);
  const contacts: Contact[] = [];
  for (let end = length; end <= compact.length; end += length) {
    const endpoint = decodeEndpoint(compact.subarray(end - compactLength(family), end));
    if (isReachable(endpoint))
      contacts.push({ id: compact.slice(end - length, end - compactLength(family)), endpoint });
  }
  return contacts;
}
