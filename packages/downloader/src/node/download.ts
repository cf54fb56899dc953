import type { Metainfo, PeerId } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import { Torrent } from '../engine/torrent.ts';
import type { DownloadEvent } from '../events.ts';
import { resolveLimits, type DownloadLimits } from '../options.ts';
import type { DownloadStatistics } from '../statistics.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import { openContent } from './content.ts';
import { dialTcp, newPeerId, peerSources } from './network.ts';
import { systemClock } from './system-clock.ts';

/** What a download needs beside the torrent, wherever its bytes go. */
export interface SwarmOptions extends DownloadLimits {
  /** Peers asked besides those the trackers name. */
  readonly peers?: readonly PeerAddress[];
  /** Tracker URLs by tier. @defaultValue the torrent's own */
  readonly trackers?: readonly (readonly string[])[];
  /** The port that trackers are told, 1 to 65535. Nothing listens there yet. @defaultValue 6881 */
  readonly port?: number;
  /** @defaultValue a new one */
  readonly peerId?: PeerId;
  /** Stops the download cleanly: pieces in memory that are whole are still written, trackers are told. */
  readonly signal?: AbortSignal;
  /** Told everything worth showing, in order. It must not throw. */
  readonly onEvent?: (event: DownloadEvent) => void;
}

export interface DownloadOptions extends SwarmOptions {
  /** The file (of a single-file torrent) or folder that is written. Parent folders are made. */
  readonly path: string;
  /**
   * Downloads just these files: their indexes in `metainfo.files`, at least one. Of the others nothing is made or changed;
   * bytes of pieces that are shared with them are kept in a hidden folder `.<info hash>.parts`, from where they go to their
   * files when those are selected in a later run. @defaultValue all
   */
  readonly files?: readonly number[];
  /** Takes over files at final names that are not part of this download. @defaultValue false: they are refused */
  readonly overwrite?: boolean;
  /** Fetches just these pieces, of the files that are selected. @defaultValue all */
  readonly onlyPieces?: readonly number[];
}

export interface DownloadSummary {
  /** What was written: an absolute path. */
  readonly path: string;
  /** Bytes of wanted pieces that are there, all verified. */
  readonly bytes: number;
  readonly downloadedBytes: number;
  readonly wastedBytes: number;
  readonly durationMs: number;
  /** Absolute paths of the files that were selected, in the order of the torrent. */
  readonly files: readonly string[];
}

/** A download that has begun. Disposing of it stops it. */
export interface Download extends AsyncDisposable {
  /**
   * Resolves when every wanted piece is on disk and verified. Rejects with a `DownloadError`, or with the reason of
   * `signal`, after everything is let go of. What is on disk by then is gone on with next time.
   */
  readonly done: Promise<DownloadSummary>;
  /** A snapshot, cheap to take. */
  statistics(): DownloadStatistics;
  /** A byte per piece of the torrent: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. The caller owns it. */
  pieceStates(): Uint8Array<ArrayBuffer>;
}

/** Joins a torrent's swarm on real sockets and the system's clock. */
export function joinSwarm(
  metainfo: Metainfo,
  options: SwarmOptions,
  to: { readonly store: PieceStore; readonly wanted?: readonly number[] | undefined },
): Torrent {
  const { infoHash, layout } = metainfo;
  const peerId = options.peerId ?? newPeerId();
  const onEvent = options.onEvent ?? (() => {});
  const sources = peerSources({
    infoHash,
    peerId,
    port: options.port ?? 6881,
    tiers: options.trackers ?? metainfo.tiers,
    peers: options.peers ?? [],
    onEvent,
    torrent: () => torrent,
  });
  const torrent: Torrent = new Torrent({
    infoHash,
    peerId,
    layout,
    store: to.store,
    sources,
    dial: dialTcp,
    clock: systemClock,
    random: Math.random,
    wanted: to.wanted,
    onEvent,
    ...resolveLimits(options),
  });
  return torrent;
}

/**
 * Downloads a torrent into files. Run again, it goes on where it was: what is there is checked, the rest is fetched.
 *
 * @throws {RangeError} at once, if a limit is not a whole number of at least 1, or `files` is empty or names one that is
 * not there.
 * @example
 * ```ts
 * await using running = download(parseMetainfo(bytes), { path: 'debian.iso', signal });
 * const { files } = await running.done;
 * ```
 */
export function download(metainfo: Metainfo, options: DownloadOptions): Download {
  const { root, paths, store, wanted } = openContent(metainfo, {
    path: options.path,
    files: options.files,
    onlyPieces: options.onlyPieces,
    overwrite: options.overwrite,
    onFileCompleted: (index, path) => options.onEvent?.({ type: 'fileCompleted', index, path }),
  });
  const stop = new AbortController();
  const torrent = joinSwarm(metainfo, options, { store, wanted });
  const signals = options.signal === undefined ? [stop.signal] : [stop.signal, options.signal];
  const done = torrent.run(AbortSignal.any(signals)).then((): DownloadSummary => {
    const { bytesHave, downloadedBytes, wastedBytes, durationMs } = torrent.statistics();
    return { path: root, bytes: bytesHave, downloadedBytes, wastedBytes, durationMs, files: paths };
  });
  return {
    done,
    statistics: () => torrent.statistics(),
    pieceStates: () => torrent.pieceStates(),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.allSettled([done]);
    },
  };
}
