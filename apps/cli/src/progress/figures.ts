import type { DownloadStatistics } from '@millrace/downloader';
import { formatTimeLeft } from '../duration.ts';
import { countOf, formatBytes, formatRate, shareOf } from '../units.ts';

export interface Figures {
  /** How far the present phase has come, 0 to 1. */
  readonly share: number;
  /** What else is worth reading, most important first. */
  readonly texts: readonly string[];
}

/** Picks the figures worth reading at this moment. */
export function figuresOf(statistics: DownloadStatistics): Figures {
  const { phase, bytesTotal, bytesHave, bytesChecked, downloadRate, etaMs } = statistics;
  if (phase === 'metadata') return searchFigures(statistics);
  if (phase === 'seeding') return seedingFigures(statistics);
  const isChecking = phase === 'checking';
  const bytesDone = isChecking ? bytesChecked : bytesHave;
  const share = shareOf(bytesDone, bytesTotal);
  const texts = [`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`];
  if (isChecking) return { share, texts: ['checking what is here', ...texts] };
  if (downloadRate >= 1) texts.push(formatRate(downloadRate));
  if (etaMs !== undefined && bytesHave < bytesTotal) texts.push(`${formatTimeLeft(etaMs)} left`);
  texts.push(...peerTexts(statistics));
  if (statistics.uploadRate >= 1) texts.push(`${formatRate(statistics.uploadRate)} given`);
  return { share, texts };
}

function seedingFigures(statistics: DownloadStatistics): Figures {
  const { bytesTotal, bytesHave, uploadRate, peersConnected, peersInterested } = statistics;
  const texts = [givenText(statistics)];
  if (uploadRate >= 1) texts.push(formatRate(uploadRate));
  texts.push(...peerTexts(statistics));
  if (peersConnected > 0) texts.push(`${peersInterested} interested`);
  return { share: shareOf(bytesHave, bytesTotal), texts };
}

/** How much was given, in this run and those before, and which share of what is here that is. */
export function givenText({ uploadedBytes, restored, bytesHave }: DownloadStatistics): string {
  const given = uploadedBytes + restored.uploadedBytes;
  return `${formatBytes(given)} given (ratio ${(bytesHave === 0 ? 0 : given / bytesHave).toFixed(2)})`;
}

function searchFigures(statistics: DownloadStatistics): Figures {
  const { metadataBytes, metadataBytesTotal } = statistics;
  const peers = peerTexts(statistics);
  if (metadataBytesTotal === undefined) return { share: 0, texts: ['getting the metadata', ...peers] };
  const size = `${formatBytes(metadataBytes)} of ${formatBytes(metadataBytesTotal)} of metadata`;
  return { share: shareOf(metadataBytes, metadataBytesTotal), texts: [size, ...peers] };
}

/** How many peers are connected, and who named them. */
function peerTexts({ peersConnected, peersKnown, peersByOrigin }: DownloadStatistics): readonly string[] {
  if (peersConnected === 0) return [noPeers(peersKnown)];
  const origins = Object.entries(peersByOrigin).map(([origin, count]) => `${count} ${origin}`);
  return [countOf(peersConnected, 'peer'), ...(origins.length === 0 ? [] : [origins.join(' + ')])];
}

function noPeers(peersKnown: number): string {
  return peersKnown === 0 ? 'looking for peers' : `trying ${countOf(peersKnown, 'peer')}`;
}
