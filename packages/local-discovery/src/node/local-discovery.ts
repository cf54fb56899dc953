import { randomBytes } from 'node:crypto';
import { formatInfoHash, parseInfoHash, type InfoHash } from '@millrace/metainfo';
import { decodeLocalAnnounce, encodeLocalAnnounces, LOCAL_GROUPS, type LocalAnnounce } from '../announce.ts';
import { LocalDiscoveryError } from '../error.ts';
import { LocalIntake } from '../local-intake.ts';
import { LocalSchedule } from '../local-schedule.ts';
import { GroupSockets } from './group-sockets.ts';
import { ownNetworks, type OwnNetworks } from './own-networks.ts';

/** A neighbour that takes part in a torrent. */
export interface LocalPeer {
  /** An IP address: that which the announce came from. */
  readonly host: string;
  readonly port: number;
}

export interface LocalDiscoveryOptions {
  /** The port that this machine listens on for peers, 1 to 65535. */
  readonly port: number;
  /**
   * Addresses of this machine whose interfaces are used. @defaultValue those of every interface but loopback
   */
  readonly addresses?: readonly string[];
  /** Told what is wrong with an interface or a datagram. Nothing ends by it. */
  readonly onProblem?: (problem: unknown) => void;
}

/** One torrent that is being announced. */
export interface LocalStay {
  /** Peers are wanted: announces again as soon as a minute has passed since the last time. */
  hurry(): void;
  /** Announces it no more, and tells of no one. */
  leave(): void;
}

/**
 * Announces torrents to the local network, and hears who else takes part in them. Sockets are open while there is a
 * torrent, and until {@link LocalDiscovery.close}.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0014.html | BEP 14}
 */
export class LocalDiscovery implements AsyncDisposable {
  readonly #options: LocalDiscoveryOptions;
  readonly #cookie = randomBytes(8).toString('hex');
  readonly #schedule = new LocalSchedule<string>();
  readonly #intake = new LocalIntake();
  readonly #listeners = new Map<string, (peer: LocalPeer) => void>();
  #networks: OwnNetworks | undefined;
  #groups: Promise<readonly GroupSockets[]> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Announces under way, one after another. */
  #announcing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: LocalDiscoveryOptions) {
    this.#options = options;
  }

  /**
   * Takes part in a torrent: never in a private one. The first announce is sent at once.
   *
   * @param onPeer - Told each neighbour as it is heard, again and again.
   * @throws {RangeError} if it takes part already.
   */
  join(infoHash: InfoHash, onPeer: (peer: LocalPeer) => void): LocalStay {
    const name = formatInfoHash(infoHash);
    if (this.#listeners.has(name)) throw new RangeError(`Cannot join torrent ${name}: it was joined already`);
    this.#listeners.set(name, onPeer);
    this.#schedule.join(name, performance.now());
    this.#wait();
    return {
      hurry: () => {
        this.#schedule.hurry(name, performance.now());
        this.#wait();
      },
      leave: () => {
        if (!this.#listeners.delete(name)) return;
        this.#schedule.leave(name, performance.now());
        this.#wait();
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#announcing;
    for (const group of (await this.#groups) ?? []) await group.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sets the timer for whoever is due next. */
  #wait(): void {
    clearTimeout(this.#timer);
    const { dueMs } = this.#schedule;
    if (this.#isClosed || dueMs === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#announcing = this.#announcing
          .then(() => this.#announceDue())
          .catch((error: unknown) => this.#options.onProblem?.(error));
      },
      Math.max(0, dueMs - performance.now()),
    );
  }

  async #announceDue(): Promise<void> {
    const infoHashes = this.#schedule.takeDue(performance.now()).map((name) => parseInfoHash(name));
    this.#wait();
    if (infoHashes.length === 0 || this.#isClosed) return;
    const { port, addresses } = this.#options;
    this.#groups ??= this.#openGroups();
    const groups = await this.#groups;
    const networks = ownNetworks(addresses);
    this.#networks = networks;
    for (const sockets of groups) {
      await sockets.use(networks.speakers.filter(({ family }) => family === sockets.group.family));
      if (this.#isClosed) return;
      sockets.send(encodeLocalAnnounces({ port, infoHashes, cookie: this.#cookie }, sockets.group));
    }
  }

  /** Opens what can be: a machine may lack a family. */
  async #openGroups(): Promise<readonly GroupSockets[]> {
    const groups: GroupSockets[] = [];
    for (const group of LOCAL_GROUPS) {
      try {
        groups.push(
          await GroupSockets.open({
            group,
            onDatagram: (datagram, host) => this.#hear(datagram, host),
            onError: (error) => this.#options.onProblem?.(error),
          }),
        );
      } catch (error) {
        this.#options.onProblem?.(error);
      }
    }
    return groups;
  }

  #hear(datagram: Uint8Array, host: string): void {
    const nowMs = performance.now();
    // From elsewhere it did not come over this network, whatever it says.
    if (!this.#intake.admitDatagram(nowMs) || this.#networks?.includes(host) !== true) return;
    let announce: LocalAnnounce;
    try {
      announce = decodeLocalAnnounce(datagram);
    } catch (error) {
      if (!LocalDiscoveryError.is(error)) throw error;
      this.#options.onProblem?.(error);
      return;
    }
    const { port, infoHashes, cookie } = announce;
    if (cookie === this.#cookie) return;
    for (const infoHash of infoHashes) {
      const name = formatInfoHash(infoHash);
      const onPeer = this.#listeners.get(name);
      if (onPeer === undefined || !this.#intake.admitPeer(`${name} ${host} ${port}`, nowMs)) continue;
      onPeer({ host, port });
    }
  }
}
