import type { PeerSession } from '@millrace/peer-wire';
import type { Clock, Timer } from '../../clock.ts';

/** Whoever hears of new pieces. */
export interface NewsReader {
  readonly isOpen: boolean;
  readonly session: PeerSession;
  flush(): void;
}

/** Time for which news are collected: pieces that come quickly one after another are told of together. */
const DELAY_MS = 50;

/** Tells peers which pieces we got: those that a peer does not have, in one write for all that are new. */
export class HaveNews {
  readonly #clock: Clock;
  readonly #readers: () => Iterable<NewsReader>;
  #news: number[] = [];
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(clock: Clock, readers: () => Iterable<NewsReader>) {
    this.#clock = clock;
    this.#readers = readers;
  }

  /** A piece is had now. Peers that shake hands from now on are told of it with all others. */
  add(index: number): void {
    if (this.#isClosed) return;
    this.#news.push(index);
    this.#timer ??= this.#clock.setTimer(DELAY_MS, () => this.#tell());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#news = [];
  }

  /** Tells what was collected to all but someone who has just come: it hears of all pieces, and so nothing twice. */
  tellNow(newcomer: NewsReader): void {
    if (this.#news.length > 0) this.#tell(newcomer);
  }

  #tell(newcomer?: NewsReader): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const news = this.#news;
    this.#news = [];
    for (const reader of this.#readers()) {
      if (!reader.isOpen || reader === newcomer) continue;
      // Of hundreds, most may have everything.
      if (reader.session.tellHaves(news)) reader.flush();
    }
  }
}
