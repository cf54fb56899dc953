import type { DownloadEvent } from '@millrace/downloader';
import type { DownloadSummary } from '@millrace/downloader/node';
import { escape, foreign } from '../escape.ts';
import { painter, type Paint } from '../printer.ts';
import type { Looks, TerminalStream } from '../terminal.ts';
import { type Canvas, openCanvas } from './canvas.ts';
import { eventText } from './event-text.ts';
import { drawFrame } from './frame.ts';
import { ASCII_GLYPHS, type Glyphs, UNICODE_GLYPHS } from './glyphs.ts';
import {
  type DownloadPlan,
  type ProgressSource,
  type ProgressView,
  type SearchPlan,
  SELECTION_ADVICE,
} from './progress-view.ts';
import { summaryText } from './summary-text.ts';

/** Opens a display on `stream`; what draws in place is loaded only now, when a person looks. */
export async function openLiveView(
  stream: TerminalStream,
  looks: Looks,
  isVerbose: boolean,
): Promise<LiveView> {
  return new LiveView(await openCanvas(stream), stream, looks, isVerbose);
}

/** Redraws bar, map and figures in place. */
export class LiveView implements ProgressView {
  readonly #canvas: Canvas;
  readonly #stream: TerminalStream;
  readonly #glyphs: Glyphs;
  readonly #paint: Paint;
  readonly #isVerbose: boolean;
  #name = '';
  #notice: string | undefined;
  #isStopping = false;
  /** Lines to go above at the next redraw: one write for all of them. */
  #lines: string[] = [];

  constructor(canvas: Canvas, stream: TerminalStream, looks: Looks, isVerbose: boolean) {
    this.#canvas = canvas;
    this.#stream = stream;
    this.#glyphs = looks.hasUnicode ? UNICODE_GLYPHS : ASCII_GLYPHS;
    this.#paint = painter(looks.hasColour);
    this.#isVerbose = isVerbose;
  }

  search({ name, infoHash }: SearchPlan): void {
    this.#name = foreign(name ?? infoHash);
  }

  start(plan: DownloadPlan): void {
    this.#name = foreign(plan.name);
    const { isSelectionRemembered, selectedFiles, fileCount } = plan;
    if (isSelectionRemembered)
      this.#lines.push(`${selectedFiles} of ${fileCount} files, ${SELECTION_ADVICE}`);
  }

  event(event: DownloadEvent): void {
    if (event.type === 'announced') this.#notice = undefined;
    const text = eventText(event);
    if (text === undefined) return;
    if (this.#isVerbose || event.type === 'stateNotSaved') this.#lines.push(escape(text));
    else if (event.type === 'announceFailed') this.#notice = escape(text);
  }

  tick(source: ProgressSource): void {
    this.#flush();
    const { columns, rows } = this.#stream;
    const frame = drawFrame(
      {
        name: this.#name,
        statistics: source.statistics(),
        pieceStates: source.pieceStates(),
        notice: this.#notice,
        isStopping: this.#isStopping,
      },
      { columns, rows, glyphs: this.#glyphs, paint: this.#paint },
    );
    this.#canvas(frame);
  }

  stopping(): void {
    this.#isStopping = true;
  }

  end(summary: DownloadSummary | undefined): void {
    this.#flush();
    this.#canvas.clear();
    if (summary !== undefined) {
      this.#canvas.persist(`${this.#paint('green', this.#glyphs.done)}${summaryText(summary)}`);
    }
    this.#canvas.done();
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    this.#canvas.persist(this.#lines.join('\n'));
    this.#lines = [];
  }
}
