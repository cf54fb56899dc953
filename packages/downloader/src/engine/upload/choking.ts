import type { PeerSession } from '@millrace/peer-wire';
import { Choker } from '../../policy/choker.ts';
import type { PeerKey } from '../../policy/piece-picker.ts';
import type { PeerUploads } from './peer-uploads.ts';

/** A peer as far as it is let in or not. */
export interface ChokablePeer {
  readonly key: PeerKey;
  readonly isOpen: boolean;
  readonly session: PeerSession;
  readonly uploads: PeerUploads;
  /** Pieces that it has and we want. */
  readonly leftCount: number;
  /** Whether it is our own limit that keeps us from asking it for more. */
  readonly isHeldBack: boolean;
  /** Block bytes that it brought and we used. */
  readonly usefulLength: number;
  readonly startMs: number;
}

export interface ChokingOptions {
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly now: () => number;
  readonly peers: () => Iterable<ChokablePeer>;
  /** Whether we have all that we want. */
  readonly isSeeding: () => boolean;
  /** Bytes a second that may be sent. */
  readonly uploadLimit: () => number;
  /** @defaultValue by the limit */
  readonly slots?: number | undefined;
}

/** Has a choker decide whom to let in, and tells the peers. */
export class Choking {
  readonly #options: ChokingOptions;
  readonly #choker: Choker;

  constructor(options: ChokingOptions) {
    this.#options = options;
    this.#choker = new Choker(options.random);
  }

  /** A peer wants something from us, or does no longer. */
  changed(peer: ChokablePeer): void {
    if (peer.session.remote.interested) this.#choker.interested();
    else this.#choker.released(peer.key, this.#options.now());
    this.update();
  }

  left(peer: ChokablePeer): void {
    this.#choker.released(peer.key, this.#options.now());
  }

  /** Decides anew, if it is time. */
  update(): void {
    const { now, peers, isSeeding, uploadLimit, slots } = this.#options;
    const nowMs = now();
    if (!this.#choker.isDue(nowMs)) return;
    const open = Array.from(peers()).filter(({ isOpen }) => isOpen);
    const unchoked = this.#choker.rechoke(
      open.map((peer) => ({
        key: peer.key,
        isInterested: peer.session.remote.interested,
        isWanted: peer.leftCount > 0 && !peer.isHeldBack,
        isUploadOnly: peer.session.remoteExtended.uploadOnly,
        downloadedLength: peer.usefulLength,
        uploadedLength: peer.uploads.uploadedLength,
        connectedMs: peer.startMs,
      })),
      { nowMs, isSeeding: isSeeding(), uploadLimit: uploadLimit(), slots },
    );
    for (const peer of open) peer.uploads.choke(!unchoked.has(peer.key));
  }
}
