import type { DownloadSummary } from '@millrace/downloader/node';
import { formatDuration } from '../duration.ts';
import { formatBytes, formatRate } from '../units.ts';

/** Returns the line that ends a download: how much, how long, how fast. */
export function summaryText(summary: DownloadSummary): string {
  const { bytes, downloadedBytes, wastedBytes, uploadedBytes, durationMs } = summary;
  const given = uploadedBytes > 0 ? `; gave ${formatBytes(uploadedBytes)}` : '';
  if (downloadedBytes === 0) return `Complete: ${formatBytes(bytes)}, all of it was here already${given}`;
  const rate = durationMs > 0 ? `, ${formatRate((downloadedBytes / durationMs) * 1000)}` : '';
  const wasted = wastedBytes > 0 ? `; ${formatBytes(wastedBytes)} wasted` : '';
  return `Downloaded ${formatBytes(downloadedBytes)} in ${formatDuration(durationMs)}${rate}${wasted}${given}`;
}
