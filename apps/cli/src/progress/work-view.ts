import type { Context } from '../context.ts';
import { formatTimeLeft } from '../duration.ts';
import type { Printer } from '../printer.ts';
import { painter } from '../printer.ts';
import { looksOf } from '../terminal.ts';
import { formatBytes, formatPercent, formatRate, shareOf } from '../units.ts';
import { type Canvas, openCanvas } from './canvas.ts';
import { drawWork } from './frame.ts';
import { ASCII_GLYPHS, UNICODE_GLYPHS } from './glyphs.ts';

/** Work that is done sooner is not shown: a display that flickers helps no one. */
const PATIENCE_MS = 400;
const LINE_INTERVAL_MS = 10_000;

/** Shows how far work is that goes through bytes once, such as hashing. */
export interface WorkView {
  /** Called as often as there is something new. @param nowMs - On the clock of `startMs`. */
  update(bytesDone: number, bytesTotal: number, nowMs: number): void;
  /** Clears what was drawn. */
  end(): void;
}

const SILENT: WorkView = { update() {}, end() {} };

/**
 * Opens what fits the terminal: a bar, or a line now and then.
 *
 * @param name - What is worked on; escaped already.
 */
export function openWorkView(
  name: string,
  isQuiet: boolean,
  { terminal, err }: Pick<Context, 'terminal' | 'err'>,
  startMs: number,
): WorkView {
  if (isQuiet) return SILENT;
  const { stderr, environment } = terminal;
  const looks = looksOf(stderr, environment);
  if (!looks.canRedraw) return new PlainWorkView(err, startMs);
  const style = {
    glyphs: looks.hasUnicode ? UNICODE_GLYPHS : ASCII_GLYPHS,
    paint: painter(looks.hasColour),
  };
  const draw = (share: number, bytesTotal: number, texts: readonly string[]): string => {
    const { columns, rows } = stderr;
    return drawWork({ name, share, bytesTotal, texts }, { columns, rows, ...style });
  };
  return new LiveWorkView(draw, () => openCanvas(stderr), startMs);
}

/** Writes a line now and then. */
class PlainWorkView implements WorkView {
  readonly #err: Printer;
  readonly #startMs: number;
  #nextLineMs: number;

  constructor(err: Printer, startMs: number) {
    this.#err = err;
    this.#startMs = startMs;
    this.#nextLineMs = startMs + LINE_INTERVAL_MS;
  }

  update(bytesDone: number, bytesTotal: number, nowMs: number): void {
    if (nowMs < this.#nextLineMs) return;
    this.#nextLineMs = nowMs + LINE_INTERVAL_MS;
    const share = formatPercent(shareOf(bytesDone, bytesTotal));
    this.#err.line([share, ...workFigures(bytesDone, bytesTotal, nowMs - this.#startMs)].join(', '));
  }

  end(): void {}
}

/** Redraws a bar in place. */
class LiveWorkView implements WorkView {
  readonly #draw: (share: number, bytesTotal: number, texts: readonly string[]) => string;
  readonly #open: () => Promise<Canvas>;
  readonly #startMs: number;
  #canvas: Canvas | undefined;
  #isOpening = false;
  #isOver = false;

  constructor(
    draw: (share: number, bytesTotal: number, texts: readonly string[]) => string,
    open: () => Promise<Canvas>,
    startMs: number,
  ) {
    this.#draw = draw;
    this.#open = open;
    this.#startMs = startMs;
  }

  update(bytesDone: number, bytesTotal: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < PATIENCE_MS) return;
    this.#canvas?.(
      this.#draw(shareOf(bytesDone, bytesTotal), bytesTotal, workFigures(bytesDone, bytesTotal, elapsedMs)),
    );
    if (!this.#isOpening) void this.#openCanvas();
  }

  end(): void {
    this.#isOver = true;
    this.#canvas?.clear();
    this.#canvas?.done();
  }

  async #openCanvas(): Promise<void> {
    this.#isOpening = true;
    const canvas = await this.#open();
    if (this.#isOver) canvas.done();
    else this.#canvas = canvas;
  }
}

/** How much is done, how fast, and how long the rest will take. */
function workFigures(bytesDone: number, bytesTotal: number, elapsedMs: number): readonly string[] {
  const texts = [`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`];
  const rate = (bytesDone / elapsedMs) * 1000;
  if (!(rate >= 1)) return texts;
  texts.push(formatRate(rate));
  if (bytesDone < bytesTotal) texts.push(`${formatTimeLeft(((bytesTotal - bytesDone) / rate) * 1000)} left`);
  return texts;
}
