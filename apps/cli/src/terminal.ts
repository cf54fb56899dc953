/** One of the two streams a command writes to. */
export interface TerminalStream {
  /** Whether a person looks at it: cursor codes and colours go nowhere else. */
  readonly isTerminal: boolean;
  /** Current width, in columns; it changes when the window does. */
  readonly columns: number;
  /** Current height, in lines. */
  readonly rows: number;
  write(text: string): void;
  /** Writes what is no text, as it is. */
  writeBytes(bytes: Uint8Array): void;
}

/** Everything of the outside world that a command sees besides files and sockets. `bin.ts` makes the real one. */
export interface Terminal {
  /** Reads standard input until it ends or `signal` is aborted; called at most once. */
  readonly stdin: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How text on a stream may look. */
export interface Looks {
  /** Whether lines may be redrawn in place. */
  readonly canRedraw: boolean;
  readonly hasColour: boolean;
  /** Whether more than ASCII may be drawn. */
  readonly hasUnicode: boolean;
}

/**
 * Decides how text on `stream` may look, by the conventions people set in their environment: `NO_COLOR`,
 * `FORCE_COLOR`, `TERM=dumb`, and a locale that says it is not UTF-8.
 */
export function looksOf(stream: TerminalStream, environment: Terminal['environment']): Looks {
  const isDumb = environment['TERM'] === 'dumb';
  const isForced = isSet(environment['FORCE_COLOR']) && environment['FORCE_COLOR'] !== '0';
  return {
    canRedraw: stream.isTerminal && !isDumb,
    hasColour: !isSet(environment['NO_COLOR']) && (isForced || (stream.isTerminal && !isDumb)),
    hasUnicode: environment['TERM'] !== 'linux' && !isDumb && isUtf8(environment),
  };
}

/** An unset locale says nothing: containers have none, and the terminal around them is UTF-8. */
function isUtf8(environment: Terminal['environment']): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(isSet);
  return locale === undefined || /utf-?8/iu.test(locale);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
