import type { DownloadStatistics } from '@millrace/downloader';
import type { Paint, Style } from '../printer.ts';
import { formatBytes, formatPercent } from '../units.ts';
import { figuresOf } from './figures.ts';
import type { Glyphs } from './glyphs.ts';
import { type MapCell, mapPieces } from './piece-map.ts';
import { fitText, textWidth } from './text-width.ts';

/** What a frame shows. Texts are escaped already. */
export interface FrameContent {
  readonly name: string;
  readonly statistics: DownloadStatistics;
  readonly pieceStates: Uint8Array;
  /** Something the user should know now. */
  readonly notice: string | undefined;
  readonly isStopping: boolean;
}

/** What a frame is drawn on and with. */
export interface FrameStyle {
  readonly columns: number;
  readonly rows: number;
  readonly glyphs: Glyphs;
  readonly paint: Paint;
}

const MARGIN = ' ';
/** Wider lines are hard to read. */
const MAX_WIDTH = 120;
const MIN_WIDTH = 10;
const MAX_MAP_ROWS = 4;
/** Rows of a window that leave room for a map of more than one. */
const TALL_WINDOW_ROWS = 12;
const PERCENT_WIDTH = '100.0 %'.length;

/**
 * Draws the display of a download: name and size, bar, piece map, figures, and a notice if there is one. No line is
 * wider than the window less one column, where a terminal would wrap.
 */
export function drawFrame(content: FrameContent, style: FrameStyle): string {
  const width = widthOf(style);
  const { name, statistics } = content;
  const { share, texts } = figuresOf(statistics);
  const size = statistics.phase === 'metadata' ? '' : formatBytes(statistics.bytesTotal);
  const lines = [
    titleLine(name, size, width, style),
    barLine(share, width, style),
    ...mapLines(content, width, style),
    content.isStopping ? stoppingLine(width, style) : figuresLine(texts, width, style),
  ];
  if (content.notice !== undefined) {
    lines.push(style.paint('yellow', fitText(`! ${content.notice}`, width, style.glyphs.ellipsis)));
  }
  return lines.map((line) => MARGIN + line).join('\n');
}

/** What is shown of work that goes through bytes once. Texts are escaped already. */
export interface WorkContent {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  readonly bytesTotal: number;
  /** Figures, the most important first. */
  readonly texts: readonly string[];
}

/** Draws the display of work on files: name and size, bar, figures. See {@link drawFrame}. */
export function drawWork({ name, share, bytesTotal, texts }: WorkContent, style: FrameStyle): string {
  const width = widthOf(style);
  const lines = [
    titleLine(name, formatBytes(bytesTotal), width, style),
    barLine(share, width, style),
    figuresLine(texts, width, style),
  ];
  return lines.map((line) => MARGIN + line).join('\n');
}

function widthOf({ columns }: FrameStyle): number {
  return Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns - 2 * MARGIN.length));
}

function titleLine(name: string, size: string, width: number, { glyphs, paint }: FrameStyle): string {
  const shown = fitText(name, width - size.length - 2, glyphs.ellipsis);
  const gap = ' '.repeat(Math.max(1, width - textWidth(shown) - size.length));
  return shown === '' ? paint('dim', size) : `${paint('bold', shown)}${gap}${paint('dim', size)}`;
}

function barLine(share: number, width: number, { glyphs, paint }: FrameStyle): string {
  const text = formatPercent(share).padStart(PERCENT_WIDTH);
  const length = width - text.length - 1;
  if (length < 1) return text.trimStart();
  const halves = Math.floor(share * length * 2);
  const done = glyphs.barDone.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? glyphs.barHalf : '');
  return `${paint('green', done)}${paint('dim', glyphs.barRest.repeat(length - done.length))} ${text}`;
}

function mapLines({ pieceStates }: FrameContent, width: number, style: FrameStyle): string[] {
  const fullRows = Math.ceil(pieceStates.length / width);
  const rows = style.rows < TALL_WINDOW_ROWS ? 1 : Math.min(MAX_MAP_ROWS, fullRows);
  const cells = mapPieces(pieceStates, width * rows);
  return Array.from({ length: cells.length / width }, (_, row) =>
    mapLine(cells.slice(row * width, (row + 1) * width), style),
  );
}

/** Cells that look alike are painted together: a style for each would be ten times the bytes. */
function mapLine(cells: readonly MapCell[], { glyphs, paint }: FrameStyle): string {
  let line = '';
  let run = '';
  let runStyle: Style = 'dim';
  for (const cell of cells) {
    const cellStyle = styleOf(cell);
    if (cellStyle !== runStyle) {
      line += run === '' ? '' : paint(runStyle, run);
      run = '';
      runStyle = cellStyle;
    }
    run += glyphs.cells[levelOf(cell)];
  }
  return line + paint(runStyle, run);
}

function styleOf({ share, isActive }: MapCell): Style {
  if (isActive) return 'yellow';
  return share === 0 ? 'dim' : 'green';
}

/** Without colours, too, a cell in progress is to differ from one where nothing happens. */
function levelOf({ share, isActive }: MapCell): 0 | 1 | 2 | 3 | 4 {
  if (share === 1) return 4;
  if (share === 0) return isActive ? 1 : 0;
  if (share < 1 / 3) return 1;
  return share < 2 / 3 ? 2 : 3;
}

/** Shows as many figures as fit, the most important first. */
function figuresLine(texts: readonly string[], width: number, { glyphs }: FrameStyle): string {
  let line = '';
  for (const text of texts) {
    const longer = line === '' ? text : `${line}${glyphs.separator}${text}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line;
}

function stoppingLine(width: number, { glyphs, paint }: FrameStyle): string {
  return paint('yellow', fitText('Stopping. Press Ctrl-C again to stop at once.', width, glyphs.ellipsis));
}
