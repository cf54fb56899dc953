import type { Metainfo } from '@millrace/metainfo';
import type { RateLimits, SeedingGoal } from '../options.ts';
import type { DownloadStatistics } from '../statistics.ts';
import type { ClientNetwork } from './client-network.ts';
import { openContent, type Content } from './content.ts';
import type { StatePlace } from './resume-place.ts';
import { isMetainfo, type SwarmOptions, type TorrentSource } from './swarm-options.ts';
import { SwarmStay } from './swarm-stay.ts';

export interface DownloadOptions extends SwarmOptions {
  /**
   * The file (of a single-file torrent) or folder that is written. Parent folders are made. A function is called when the
   * torrent is known: of a magnet link that is some time later.
   */
  readonly path: string | ((metainfo: Metainfo) => string);
  /**
   * Downloads just these files: their indexes in `metainfo.files`, at least one. Of the others nothing is made or changed;
   * bytes of pieces that are shared with them are kept in a hidden folder `.<info hash>.parts`, from where they go to their
   * files when those are selected in a later run. A function is called when the torrent is known; it may
   * answer `undefined`. @defaultValue all
   */
  readonly files?: readonly number[] | ((metainfo: Metainfo) => readonly number[] | undefined);
  /** Takes over files at final names that are not part of this download. @defaultValue false: they are refused */
  readonly overwrite?: boolean;
  /**
   * Whether a file is called `<name>.part` until it is whole. If not, it has its final name from its first piece on.
   * @defaultValue true
   */
  readonly partFiles?: boolean;
  /**
   * Where it is remembered what is there, so that a later run need not hash it: `{ folder }` or `'beside'` the content. What
   * is remembered is believed of files that are exactly as they were left. @defaultValue false: everything is hashed
   */
  readonly state?: StatePlace | false;
  /** Hashes everything, whatever is remembered. @defaultValue false */
  readonly recheck?: boolean;
  /**
   * Stays after everything is there, to give to others: until one of these is reached, or for ever if none is given.
   * @defaultValue it ends when everything is there
   */
  readonly seeding?: SeedingGoal;
  /** Fetches just these pieces, of the files that are selected. @defaultValue all */
  readonly onlyPieces?: readonly number[];
}

/** What is there, and is given to others. Nothing is written. */
export interface SeedOptions extends SwarmOptions {
  /** The file (of a single-file torrent) or folder that has the torrent's content. */
  readonly path: string;
  /** Until when. @defaultValue for ever */
  readonly seeding?: SeedingGoal;
  /** Where it is remembered what is there, so that a later run need not hash it. @defaultValue false: everything is hashed */
  readonly state?: StatePlace | false;
  /** Hashes everything, whatever is remembered. @defaultValue false */
  readonly recheck?: boolean;
}

export interface DownloadSummary {
  /** What was written: an absolute path. */
  readonly path: string;
  /** Bytes of wanted pieces that are there, all verified. */
  readonly bytes: number;
  readonly downloadedBytes: number;
  readonly wastedBytes: number;
  readonly uploadedBytes: number;
  readonly durationMs: number;
  /** Absolute paths of the files that were selected, in the order of the torrent. */
  readonly files: readonly string[];
}

/** A download that has begun. Disposing of it stops it. */
export interface Download extends AsyncDisposable {
  /**
   * Resolves when every wanted piece is on disk and verified, and nothing is to be given any more. Rejects with a `DownloadError`, or with the reason of
   * `signal`, after everything is let go of. What is on disk by then is gone on with next time.
   */
  readonly done: Promise<DownloadSummary>;
  /** A snapshot, cheap to take. */
  statistics(): DownloadStatistics;
  /** A byte per piece of the torrent: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. The caller owns it. */
  pieceStates(): Uint8Array<ArrayBuffer>;
  /** Changes how fast this torrent may move, from now on. @throws {RangeError} if a rate is not more than 0. */
  setLimits(limits: RateLimits): void;
}

/**
 * Begins a download; see {@link Client.download} and {@link Client.seed}.
 *
 * @param givesOnly - Whether nothing is fetched, and nothing written.
 */
export function startDownload(
  network: ClientNetwork,
  source: TorrentSource,
  options: DownloadOptions,
  givesOnly = false,
): Download {
  const stop = new AbortController();
  const signals = options.signal === undefined ? [stop.signal] : [stop.signal, options.signal];
  const signal = AbortSignal.any(signals);
  const stay = new SwarmStay(network, source, options);
  const begin = (metainfo: Metainfo): Promise<DownloadSummary> => {
    const content = contentOf(metainfo, options, givesOnly, () => stay.statistics());
    const { seeding } = options;
    const torrent = stay.torrent(metainfo, { ...content, seeding, givesOnly });
    return torrent.run(signal, network.ready).then(() => summarize(content, stay.statistics()));
  };
  const beginWithout = async (): Promise<DownloadSummary> => begin(await stay.metainfo(signal));
  let running: Promise<DownloadSummary>;
  try {
    running = isMetainfo(source) ? begin(source) : beginWithout();
  } catch (error) {
    void stay.close();
    throw error;
  }
  const done = closing(running, stay);
  return {
    done,
    statistics: () => stay.statistics(),
    pieceStates: () => stay.pieceStates(),
    setLimits: (limits) => stay.setLimits(limits),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.allSettled([done]);
    },
  };
}

/** Lets go of `owner` once `running` is over, before anyone is told. */
export async function closing<T>(
  running: Promise<T>,
  owner: { readonly close: () => Promise<void> },
): Promise<T> {
  try {
    return await running;
  } finally {
    await owner.close();
  }
}

function contentOf(
  metainfo: Metainfo,
  options: DownloadOptions,
  isReadOnly: boolean,
  statistics: () => DownloadStatistics,
): Content {
  const { path, files, onlyPieces, overwrite, partFiles, state, recheck, onEvent } = options;
  return openContent(metainfo, {
    path: typeof path === 'function' ? path(metainfo) : path,
    files: typeof files === 'function' ? files(metainfo) : files,
    onlyPieces,
    overwrite,
    isReadOnly,
    partFiles,
    state,
    recheck,
    totals: statistics,
    onFileCompleted: (index, filePath) => onEvent?.({ type: 'fileCompleted', index, path: filePath }),
    onStateNotSaved: (error) => onEvent?.({ type: 'stateNotSaved', error }),
  });
}

function summarize({ root, paths }: Content, statistics: DownloadStatistics): DownloadSummary {
  const { bytesHave, downloadedBytes, wastedBytes, uploadedBytes, durationMs } = statistics;
  return {
    path: root,
    bytes: bytesHave,
    downloadedBytes,
    wastedBytes,
    uploadedBytes,
    durationMs,
    files: paths,
  };
}
