import type { FlagMessage, PeerMessage } from './message.ts';

/** What one side has told the other. Both sides begin choking and not interested. */
export interface PeerFlags {
  readonly choking: boolean;
  readonly interested: boolean;
}

/** Tells whether a message is about a flag. */
export function isFlag(message: PeerMessage): message is FlagMessage {
  return (
    message.type === 'choke' ||
    message.type === 'unchoke' ||
    message.type === 'interested' ||
    message.type === 'notInterested'
  );
}

/** Returns `flags` as `message` makes them: the same object if nothing changes. */
export function applyFlag(flags: PeerFlags, message: PeerMessage): PeerFlags {
  if (!isFlag(message)) return flags;
  switch (message.type) {
    case 'choke':
    case 'unchoke': {
      const choking = message.type === 'choke';
      return flags.choking === choking ? flags : { ...flags, choking };
    }
    case 'interested':
    case 'notInterested': {
      const interested = message.type === 'interested';
      return flags.interested === interested ? flags : { ...flags, interested };
    }
  }
}
