import type { DownloadEvent, DownloadStatistics } from '@millrace/downloader';
import type { DownloadOptions, DownloadSummary } from '@millrace/downloader/node';
import type { Layers } from '../layers.ts';

type DownloadFunction = Awaited<ReturnType<Layers['downloader']>>['download'];

/** Layers of which a test replaces some; the others must not be asked. */
export function fakeLayers(layers: Partial<Layers> = {}): Layers {
  const unexpected = (): never => {
    throw new Error('This layer was not to be loaded');
  };
  return {
    dht: unexpected,
    downloader: unexpected,
    peerWire: unexpected,
    trackerClient: unexpected,
    ...layers,
  };
}

export interface FakeDownload {
  /** What it tells, at once. */
  readonly events?: readonly DownloadEvent[];
  /** How it ends; by default well, at once. `'never'` ends only by the signal, with its reason. */
  readonly end?: 'never' | { readonly error: unknown };
  /** Called once it runs. */
  readonly onRunning?: () => void;
}

/** A `download()` that moves no byte; it remembers the options it was given in `calls`. */
export function fakeDownload(
  { events = [], end, onRunning }: FakeDownload = {},
  calls: DownloadOptions[] = [],
): Pick<Layers, 'downloader'> {
  const download: DownloadFunction = (metainfo, options) => {
    calls.push(options);
    for (const event of events) options.onEvent?.(event);
    if (onRunning !== undefined) setImmediate(onRunning);
    const bytes = 'layout' in metainfo ? metainfo.layout.totalLength : 0;
    const pieceCount = 'layout' in metainfo ? metainfo.layout.pieceCount : 0;
    return {
      done: outcome(bytes, options, end),
      statistics: () => fakeStatistics({ bytesTotal: bytes }),
      pieceStates: () => new Uint8Array(pieceCount),
      setLimits() {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
  return fakeDownloader({ download });
}

/** A downloader of which a test replaces some functions; the others must not be called. */
export function fakeDownloader(
  functions: Partial<Awaited<ReturnType<Layers['downloader']>>>,
): Pick<Layers, 'downloader'> {
  const unexpected = (): never => {
    throw new Error('This was not to be called');
  };
  const others = {
    download: unexpected,
    downloadPiece: unexpected,
    fetchMetainfo: unexpected,
    openClient: unexpected,
    probePeer: unexpected,
    rememberedFiles: () => undefined,
  };
  return { downloader: () => Promise.resolve({ ...others, ...functions }) };
}

function outcome(
  bytes: number,
  options: DownloadOptions,
  end: FakeDownload['end'],
): Promise<DownloadSummary> {
  if (end === undefined) {
    const { path } = options;
    if (typeof path !== 'string') throw new Error('The path was to be known from the start');
    return Promise.resolve({
      path,
      bytes,
      downloadedBytes: bytes,
      wastedBytes: 0,
      uploadedBytes: 0,
      durationMs: 1000,
      files: [path],
    });
  }
  if (end !== 'never') return Promise.reject(end.error);
  return new Promise((_, reject) => {
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
  });
}

/** Figures of a download that is halfway, with some of them replaced. */
export function fakeStatistics(statistics: Partial<DownloadStatistics> = {}): DownloadStatistics {
  const { bytesTotal = 1000 } = statistics;
  return {
    phase: 'downloading',
    metadataBytes: 0,
    metadataBytesTotal: undefined,
    bytesTotal,
    bytesHave: Math.floor(bytesTotal / 2),
    bytesMissing: Math.ceil(bytesTotal / 2),
    bytesChecked: 0,
    downloadedBytes: Math.floor(bytesTotal / 2),
    wastedBytes: 0,
    downloadRate: 1024 * 1024,
    etaMs: 61_000,
    uploadedBytes: 0,
    uploadRate: 0,
    peersInterested: 0,
    seedingMs: 0,
    peersConnected: 3,
    peersByOrigin: {},
    peersKnown: 9,
    piecesHave: 1,
    pieceCount: 2,
    durationMs: 2000,
    restored: { downloadedBytes: 0, uploadedBytes: 0 },
    ...statistics,
  };
}
