import type { InfoHash } from '@millrace/metainfo';
import { allowedFastSet } from '@millrace/peer-wire';
import type { Clock } from '../../clock.ts';
import { DownloadError } from '../../error.ts';
import { isIpAddress } from '../introduction.ts';
import { Choking, type ChokablePeer, type ChokingOptions } from './choking.ts';
import { HaveNews, type NewsReader } from './have-news.ts';
import type { SuperSeededPeer } from './super-seed.ts';
import type { Uploads } from './uploads.ts';

/** A peer as far as it gets something from us. */
export interface GivenPeer extends ChokablePeer, NewsReader, SuperSeededPeer {
  close(reason: unknown): void;
}

export interface GivingOptions extends Omit<ChokingOptions, 'peers'> {
  readonly infoHash: InfoHash;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly peers: () => Iterable<GivenPeer>;
}

/** What peers get from us: who is let in, who hears of which pieces, and who is let go once we only give. */
export class Giving {
  readonly #options: GivingOptions;
  readonly #choking: Choking;
  readonly #news: HaveNews;

  constructor(options: GivingOptions) {
    this.#options = options;
    this.#choking = new Choking(options);
    this.#news = new HaveNews(options.clock, options.peers);
  }

  tick(): void {
    this.#choking.update();
    this.#options.uploads.superSeed?.update();
  }

  /** A peer shook hands, and was told what we have. */
  met(peer: GivenPeer): void {
    // What is new is in what it hears of all pieces.
    this.#news.tellNow(peer);
    this.#options.uploads.superSeed?.met(peer);
  }

  left(peer: GivenPeer): void {
    this.#options.uploads.superSeed?.left(peer);
    this.#choking.left(peer);
  }

  /** A peer wants something from us, or does no longer. */
  interestChanged(peer: GivenPeer): void {
    this.#choking.changed(peer);
  }

  /** Returns the pieces that a peer at an address may have while it is choked. */
  allowedFor(host: string): readonly number[] {
    const { infoHash, uploads } = this.#options;
    const { have, isOpen, layout } = uploads;
    if (!isIpAddress(host) || have.count === 0 || !isOpen) return [];
    const { pieceCount } = layout;
    return allowedFastSet({ infoHash, address: host, pieceCount }).filter((index) => have.has(index));
  }

  /** A piece is had now: others are told of it. */
  verified(index: number): void {
    this.#news.add(index);
  }

  /** From now on we give only: others are told, and those who give only are let go. */
  beginSeeding(): void {
    for (const peer of this.#options.peers()) {
      if (!peer.isOpen) continue;
      peer.session.updateExtended({ uploadOnly: true });
      peer.flush();
      this.checkNeed(peer);
    }
  }

  /** Lets a peer go that needs nothing, where we need nothing either: it has all pieces, or wants none. */
  checkNeed(peer: GivenPeer): void {
    const { remoteHave, remoteExtended } = peer.session;
    if ((remoteHave.isFull || remoteExtended.uploadOnly) && this.#options.isSeeding())
      peer.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
  }

  close(): void {
    this.#news.close();
  }
}
