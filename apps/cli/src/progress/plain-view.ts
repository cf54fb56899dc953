import type { DownloadEvent } from '@millrace/downloader';
import type { DownloadSummary } from '@millrace/downloader/node';
import { foreign } from '../escape.ts';
import type { Printer } from '../printer.ts';
import { countOf, formatBytes, formatPercent, percent, shareOf } from '../units.ts';
import { eventText } from './event-text.ts';
import { figuresOf } from './figures.ts';
import {
  type DownloadPlan,
  type ProgressSource,
  type ProgressView,
  type SearchPlan,
  SELECTION_ADVICE,
} from './progress-view.ts';
import { summaryText } from './summary-text.ts';

const LINE_INTERVAL_MS = 10_000;
const PERCENT_STEP = 10;

/** Writes a line now and then: for logs, pipes, screen readers and terminals that cannot redraw. */
export class PlainView implements ProgressView {
  readonly #err: Printer;
  readonly #isVerbose: boolean;
  #bytes = 0;
  #nextLineMs = 0;
  #nextPercent = PERCENT_STEP;
  #isStopping = false;

  constructor(err: Printer, isVerbose: boolean) {
    this.#err = err;
    this.#isVerbose = isVerbose;
  }

  search({ name, infoHash }: SearchPlan, nowMs: number): void {
    this.#nextLineMs = nowMs + LINE_INTERVAL_MS;
    this.#err.line(`Getting the metadata of ${foreign(name ?? infoHash)} from peers`);
  }

  start(plan: DownloadPlan, nowMs: number): void {
    this.#nextLineMs = nowMs + LINE_INTERVAL_MS;
    const { selectedFiles, fileCount } = plan;
    const size =
      selectedFiles < fileCount
        ? `${selectedFiles} of ${fileCount} files, ${formatBytes(plan.bytes)}`
        : `${formatBytes(plan.bytes)} in ${countOf(plan.pieceCount, 'piece')}`;
    const what = foreign(plan.name);
    if (plan.isSeed === true) this.#err.line(`Seeding ${what}: ${size}, from ${plan.path}`);
    else this.#err.line(`Downloading ${what}: ${size}, to ${plan.path}`);
    if (plan.isSelectionRemembered) this.#err.line(`  ${SELECTION_ADVICE}`);
  }

  event(event: DownloadEvent): void {
    if (event.type === 'checked') {
      this.#bytes = event.bytesHave + event.bytesLeft;
      this.#nextPercent = nextStep(event.bytesHave, this.#bytes);
      if (event.bytesHave > 0) this.#err.line(foundText(event.bytesHave, event.bytesLeft, this.#bytes));
      return;
    }
    if (!this.#isVerbose && !isToBeSeen(event)) return;
    const text = eventText(event);
    if (text !== undefined) this.#err.line(text);
  }

  tick(source: ProgressSource, nowMs: number): void {
    const statistics = source.statistics();
    const { phase, bytesHave, bytesTotal } = statistics;
    if (this.#isStopping || phase === 'stopped' || phase === 'complete') return;
    const hasStep = phase === 'downloading' && percent(shareOf(bytesHave, bytesTotal)) >= this.#nextPercent;
    if (!hasStep && nowMs < this.#nextLineMs) return;
    this.#nextLineMs = nowMs + LINE_INTERVAL_MS;
    this.#nextPercent = nextStep(bytesHave, bytesTotal);
    const { share, texts } = figuresOf(statistics);
    this.#err.line([formatPercent(share), ...texts].join(', '));
  }

  stopping(): void {
    this.#isStopping = true;
    this.#err.line('Stopping: telling the trackers takes a few seconds at most.');
  }

  end(summary: DownloadSummary | undefined): void {
    if (summary !== undefined) this.#err.line(summaryText(summary));
  }
}

/** What keeps a download from starting has to be seen without asking, and what a next run will lack. */
function isToBeSeen({ type }: DownloadEvent): boolean {
  return type === 'announceFailed' || type === 'stateNotSaved';
}

function nextStep(bytesHave: number, bytesTotal: number): number {
  return (Math.floor(percent(shareOf(bytesHave, bytesTotal)) / PERCENT_STEP) + 1) * PERCENT_STEP;
}

function foundText(bytesHave: number, bytesLeft: number, bytes: number): string {
  if (bytesLeft === 0) return 'All of it is here already.';
  return `${formatPercent(shareOf(bytesHave, bytes))} is here already, ${formatBytes(bytesLeft)} to fetch`;
}
