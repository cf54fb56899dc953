import type { Context } from '../context.ts';
import type { JsonLines } from '../json-lines.ts';
import { looksOf } from '../terminal.ts';
import { JsonView } from './json-view.ts';
import { PlainView } from './plain-view.ts';
import { type ProgressView, SILENT_VIEW } from './progress-view.ts';

/** Flags that say how progress is shown. */
export interface ViewFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Opens the view that fits the flags and the terminal. @param json - Where objects go, for `--json`. */
export async function openView(
  flags: ViewFlags,
  context: Context,
  json: JsonLines | undefined,
): Promise<ProgressView> {
  if (json !== undefined) return new JsonView(json);
  if (flags.quiet === true) return SILENT_VIEW;
  const isVerbose = flags.verbose === true;
  const { stderr, environment } = context.terminal;
  const looks = looksOf(stderr, environment);
  if (!looks.canRedraw) return new PlainView(context.err, isVerbose);
  const { openLiveView } = await import('./live-view.ts');
  return openLiveView(stderr, looks, isVerbose);
}
