/** The characters that a display is drawn with. */
export interface Glyphs {
  readonly barDone: string;
  readonly barHalf: string;
  readonly barRest: string;
  /** Pieces that are all missing, then ever more of them here, then all. */
  readonly cells: readonly [missing: string, few: string, some: string, most: string, all: string];
  readonly separator: string;
  readonly ellipsis: string;
  readonly done: string;
}

export const UNICODE_GLYPHS: Glyphs = {
  barDone: '━',
  barHalf: '╸',
  barRest: '─',
  cells: ['·', '░', '▒', '▓', '█'],
  separator: ' · ',
  ellipsis: '…',
  done: '✓ ',
};

export const ASCII_GLYPHS: Glyphs = {
  barDone: '=',
  barHalf: '-',
  barRest: '.',
  cells: ['.', '-', '+', '*', '#'],
  separator: ', ',
  ellipsis: '~',
  done: '',
};
