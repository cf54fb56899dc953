import type { PeerKey } from './piece-picker.ts';

/** What a choker is told of one peer. */
export interface ChokerPeer {
  readonly key: PeerKey;
  /** Whether it wants something from us. */
  readonly isInterested: boolean;
  /** Whether it has something that we want. */
  readonly isWanted: boolean;
  /** Whether it says that it only gives: it gets no slot, whatever else it says. */
  readonly isUploadOnly: boolean;
  /** Payload bytes of use that it gave us on this connection. */
  readonly downloadedLength: number;
  /** Payload bytes that we gave it on this connection. */
  readonly uploadedLength: number;
  /** When it connected. */
  readonly connectedMs: number;
}

/** What a choker remembers of one peer. */
export interface Standing {
  /** What it was told last. */
  facts: ChokerPeer;
  /** Since when it has its slot; `undefined` while it is choked. */
  slotMs: number | undefined;
  /** Whether the slot is for what it gives us. The others are lent, in turns. */
  isRegular: boolean;
  /** What it had taken when it got the slot. */
  uploadedBefore: number;
  /** Since when it has no slot. */
  waitingMs: number;
  /** Who comes first of those that wait equally long. */
  readonly lot: number;
  /** Whether it ever had one. */
  isNewcomer: boolean;
  /** When it gave something last, or could have begun to. */
  gaveMs: number;
  /** Its counters one and two intervals ago. */
  readonly downloaded: [number, number];
  readonly uploaded: [number, number];
}

/** Time without a byte after which a peer that has what we want counts as one that does not give. BEP 3: a minute. */
const SNUB_MS = 60_000;

/** Follows what peers give and take, over the last two intervals. Of each peer it knows no more than a few numbers. */
export class ChokerPeers {
  readonly #standings = new Map<PeerKey, Standing>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  get(key: PeerKey): Standing | undefined {
    return this.#standings.get(key);
  }

  /** Every peer that was told of last. */
  values(): Iterable<Standing> {
    return this.#standings.values();
  }

  /** Takes what is told; forgets those that are not told of any more. */
  note(peers: Iterable<ChokerPeer>, nowMs: number): void {
    const left = new Set(this.#standings.keys());
    for (const facts of peers) {
      left.delete(facts.key);
      const known = this.#standings.get(facts.key);
      if (known === undefined) this.#standings.set(facts.key, meet(facts, nowMs, this.#random()));
      else update(known, facts, nowMs);
    }
    for (const key of left) this.#standings.delete(key);
  }

  /** An interval is over. */
  turn(): void {
    for (const { facts, downloaded, uploaded } of this.#standings.values()) {
      downloaded.unshift(facts.downloadedLength);
      downloaded.pop();
      uploaded.unshift(facts.uploadedLength);
      uploaded.pop();
    }
  }
}

/** Bytes that a peer gave us in the last two intervals. */
export function given({ facts, downloaded }: Standing): number {
  return facts.downloadedLength - downloaded[1];
}

/** Bytes that we gave a peer in the last two intervals. */
export function taken({ facts, uploaded }: Standing): number {
  return facts.uploadedLength - uploaded[1];
}

/** Whether a peer has what we want and has given nothing for a minute. */
export function isSnubbing({ facts, gaveMs }: Standing, nowMs: number): boolean {
  return facts.isWanted && nowMs - gaveMs >= SNUB_MS;
}

function meet(facts: ChokerPeer, nowMs: number, lot: number): Standing {
  return {
    facts,
    slotMs: undefined,
    isRegular: false,
    uploadedBefore: 0,
    waitingMs: facts.connectedMs,
    lot,
    isNewcomer: true,
    gaveMs: facts.downloadedLength > 0 ? nowMs : facts.connectedMs,
    downloaded: [0, 0],
    uploaded: [0, 0],
  };
}

function update(known: Standing, facts: ChokerPeer, nowMs: number): void {
  const hasGiven = facts.downloadedLength > known.facts.downloadedLength;
  if (hasGiven || !known.facts.isWanted) known.gaveMs = nowMs;
  known.facts = facts;
}
