const MESSAGES = {
  TIMED_OUT: 'Cannot search the DHT: it takes longer than --timeout',
  NO_PEERS: 'Cannot find peers: no node of the DHT knows any of this torrent',
  NO_VALUE: 'Cannot find the value: no node of the DHT has it',
} as const;

/** A search of the DHT that came to nothing, though nobody did anything wrong. */
export class DhtSearchError extends Error {
  override readonly name = 'DhtSearchError';
  readonly code: keyof typeof MESSAGES;

  constructor(code: keyof typeof MESSAGES, options?: ErrorOptions) {
    super(MESSAGES[code], options);
    this.code = code;
  }
}
