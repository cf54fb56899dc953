import type { Layers } from '../layers.ts';
import { mainWith } from '../main.ts';
import { fakeLayers } from './fake-layers.ts';
import { MemoryTerminal, type MemoryTerminalOptions } from './memory-terminal.ts';

export interface RunOptions extends MemoryTerminalOptions {
  readonly layers?: Partial<Layers>;
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** The same with what was written to standard output and is no text. */
export interface BytesRunResult extends RunResult {
  readonly outBytes: Uint8Array;
}

/** Runs a command line in this process and returns what it left. */
export async function runMain(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { exitCode, out, err } = await runMainForBytes(argv, options);
  return { exitCode, out, err };
}

/** Like {@link runMain}, for commands that write bytes. */
export async function runMainForBytes(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<BytesRunResult> {
  const { layers, signal = new AbortController().signal, ...terminalOptions } = options;
  const terminal = new MemoryTerminal(terminalOptions);
  const exitCode = await mainWith(fakeLayers(layers), argv, terminal, signal);
  return { exitCode, out: terminal.out, err: terminal.err, outBytes: terminal.outBytes };
}
