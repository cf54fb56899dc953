import { ChokerPeers, given, isSnubbing, taken, type ChokerPeer, type Standing } from './choker-peers.ts';
import type { PeerKey } from './piece-picker.ts';
import { uploadSlots } from './upload-slots.ts';

/** What choking is decided by, besides the peers. */
export interface ChokeConditions {
  readonly nowMs: number;
  /** Whether we have all that we want: then no one can give us anything in return. */
  readonly isSeeding: boolean;
  /** Bytes a second that may be sent for this torrent. @defaultValue no limit */
  readonly uploadLimit?: number | undefined;
  /** Regular slots, whatever the limit is; there is one more for the optimistic one. @defaultValue by the limit */
  readonly slots?: number | undefined;
}

/** Time between two decisions. BEP 3: ten seconds, so that slots do not flutter. */
const INTERVAL_MS = 10_000;
/** Time between two decisions of which one only gives free slots: a peer that is interested and not, again and again, costs little. */
const MIN_INTERVAL_MS = 100;
/** Time for which a slot is lent. BEP 3: thirty seconds. */
const TURN_MS = 30_000;
/** The same while seeding, for one that takes less than others do. */
const LONGEST_TURN_MS = 60_000;
/** Time after which a lent slot that is not used goes to another, while seeding. */
const UNUSED_MS = 20_000;
/** Share of the turns that newcomers get while others wait too: BEP 3 has them three times as likely. */
const NEWCOMER_SHARE = 3 / 4;
/** What the rates of {@link given} and {@link taken} are over. */
const WINDOW_SECONDS = (2 * INTERVAL_MS) / 1_000;

/**
 * Decides whom to unchoke. While downloading, regular slots go to those who gave most in the last twenty seconds; what is
 * left of them, and one more that is always there (the optimistic one), is lent for half a minute to those who have
 * waited longest, to newcomers first in three of four turns. Who has what we want and gave nothing for a minute can get
 * the optimistic one only. While seeding, all slots are lent: until a peer has had as much as an average slot gives in
 * half a minute, so that who takes faster makes room sooner, or for a minute.
 *
 * Slots are taken every ten seconds; in between, free ones are given. A peer has a slot or waits, never both.
 */
export class Choker {
  readonly #random: () => number;
  readonly #peers: ChokerPeers;
  #unchoked = new Set<PeerKey>();
  /** Regular slots, as of the last decision. */
  #slots = 0;
  /** Whether there may be someone to give a free slot to. */
  #mayGive = false;
  #lastMs = -Infinity;
  #nextMs = -Infinity;

  /** @param random - A number from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
    this.#peers = new ChokerPeers(random);
  }

  /**
   * Whether it is time to {@link rechoke}: ten seconds have passed, or a free slot can be given. Ask it every now and then,
   * and after {@link interested} and {@link released}.
   */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextMs || (this.#mayGive && nowMs - this.#lastMs >= MIN_INTERVAL_MS);
  }

  /** A peer became interested. */
  interested(): void {
    if (this.#unchoked.size <= this.#slots) this.#mayGive = true;
  }

  /** A peer left, or is not interested any more. */
  released(key: PeerKey, nowMs: number): void {
    const peer = this.#peers.get(key);
    if (peer !== undefined) take(peer, nowMs);
    if (this.#unchoked.delete(key)) this.#mayGive = true;
  }

  /**
   * Decides anew.
   *
   * @param peers - Every connected peer: one that is missing is forgotten.
   * @returns The peers to unchoke; all others are to be choked.
   */
  rechoke(peers: Iterable<ChokerPeer>, conditions: ChokeConditions): ReadonlySet<PeerKey> {
    const { nowMs, isSeeding } = conditions;
    this.#peers.note(peers, nowMs);
    const candidates = this.#candidates(nowMs);
    const isFull = nowMs >= this.#nextMs;
    if (isFull) this.#takeBack(candidates, conditions);
    this.#lend(candidates, nowMs, isSeeding);
    if (isFull) {
      this.#peers.turn();
      this.#nextMs = nowMs + INTERVAL_MS;
    }
    this.#lastMs = nowMs;
    this.#mayGive = false;
    this.#unchoked = new Set(candidates.filter(hasSlot).map(({ facts }) => facts.key));
    return this.#unchoked;
  }

  /** Gives regular slots to whom they are due, and ends the turns of others. */
  #takeBack(candidates: readonly Standing[], conditions: ChokeConditions): void {
    const { nowMs, isSeeding, uploadLimit = Infinity } = conditions;
    const sentPerSecond = this.#sentPerSecond();
    this.#slots = conditions.slots ?? uploadSlots(uploadLimit, sentPerSecond);
    const regular = new Set(isSeeding ? [] : best(candidates).slice(0, this.#slots));
    for (const peer of candidates) {
      const isRegular = regular.has(peer);
      const wasRegular = peer.isRegular;
      if (wasRegular && !isRegular) take(peer, nowMs);
      // Once we are a seed, what were regular slots is lent, from now on.
      if (isRegular || (wasRegular && isSeeding)) give(peer, nowMs);
      peer.isRegular = isRegular;
    }
    const quota = (sentPerSecond * TURN_MS) / 1_000 / Math.max(1, this.#unchoked.size);
    const lent = candidates.filter((peer) => hasSlot(peer) && !peer.isRegular);
    lent.sort((a, b) => (b.slotMs ?? 0) - (a.slotMs ?? 0));
    const most = this.#slots + 1 - regular.size;
    for (const [at, peer] of lent.entries())
      if (at >= most || isOver(peer, nowMs, isSeeding ? quota : undefined)) take(peer, nowMs);
  }

  /** Those who may have a slot; the others lose theirs. */
  #candidates(nowMs: number): readonly Standing[] {
    const candidates: Standing[] = [];
    for (const peer of this.#peers.values()) {
      if (peer.facts.isInterested && !peer.facts.isUploadOnly) candidates.push(peer);
      else take(peer, nowMs);
    }
    return candidates;
  }

  #sentPerSecond(): number {
    let sum = 0;
    for (const peer of this.#peers.values()) sum += taken(peer);
    return sum / WINDOW_SECONDS;
  }

  /** Lends free slots to those who wait. */
  #lend(candidates: readonly Standing[], nowMs: number, isSeeding: boolean): void {
    const isHeldBack = (peer: Standing): boolean => !isSeeding && isSnubbing(peer, nowMs);
    const queue = candidates.filter((peer) => !hasSlot(peer));
    queue.sort((a, b) => a.waitingMs - b.waitingMs || a.lot - b.lot);
    let free = this.#slots + 1 - (candidates.length - queue.length);
    let mayBeHeldBack = !candidates.some((peer) => hasSlot(peer) && isHeldBack(peer));
    for (; free > 0; free -= 1) {
      const open = mayBeHeldBack ? queue : queue.filter((peer) => !isHeldBack(peer));
      const next = open.find(this.#preference(nowMs, isSeeding)) ?? open[0];
      if (next === undefined) return;
      if (isHeldBack(next)) mayBeHeldBack = false;
      queue.splice(queue.indexOf(next), 1);
      give(next, nowMs);
    }
  }

  /** Draws who is first this time. While seeding, newcomers are favoured in as many turns as one slot has. */
  #preference(nowMs: number, isSeeding: boolean): (peer: Standing) => boolean {
    if (isSeeding && this.#random() * (this.#slots + 1) >= 1) return () => false;
    const isForNewcomer = this.#random() < NEWCOMER_SHARE;
    return ({ isNewcomer, waitingMs }) => isNewcomer === isForNewcomer && waitingMs < nowMs;
  }
}

/** Those who gave something lately, who gave most first. */
function best(candidates: readonly Standing[]): readonly Standing[] {
  const givers = candidates.filter((peer) => given(peer) > 0);
  return givers.toSorted((a, b) => given(b) - given(a) || a.lot - b.lot);
}

function hasSlot({ slotMs }: Standing): boolean {
  return slotMs !== undefined;
}

function give(peer: Standing, nowMs: number): void {
  if (peer.slotMs !== undefined) return;
  peer.slotMs = nowMs;
  peer.uploadedBefore = peer.facts.uploadedLength;
  peer.isNewcomer = false;
}

function take(peer: Standing, nowMs: number): void {
  if (peer.slotMs === undefined) return;
  peer.slotMs = undefined;
  peer.isRegular = false;
  peer.waitingMs = nowMs;
}

/** @param quota - Bytes that are enough for a turn while seeding; `undefined` while downloading. */
function isOver(peer: Standing, nowMs: number, quota: number | undefined): boolean {
  const ageMs = nowMs - (peer.slotMs ?? nowMs);
  if (quota === undefined) return ageMs >= TURN_MS;
  if (ageMs >= LONGEST_TURN_MS || (ageMs >= UNUSED_MS && taken(peer) === 0)) return true;
  return quota > 0 && peer.facts.uploadedLength - peer.uploadedBefore >= quota;
}
