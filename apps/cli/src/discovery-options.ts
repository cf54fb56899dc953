import type { ClientOptions } from '@millrace/downloader/node';
import type { Terminal } from './terminal.ts';

/** Flags of every command that looks for peers: ways to find them besides trackers. */
export interface DiscoveryFlags {
  /** `false` for `--no-lsd`. */
  readonly lsd?: boolean;
}

/** Which ways are used that no flag speaks of: names with commas between them. */
const VARIABLE = 'MILLRACE_DISCOVERY';

/** Translates flags, and the environment where they say nothing: all ways are used unless one of them is turned off. */
export function toDiscovery(
  { lsd }: DiscoveryFlags,
  environment: Terminal['environment'],
): Pick<ClientOptions, 'localDiscovery'> {
  const names = environment[VARIABLE]?.split(',').map((name) => name.trim());
  const isUsual = (name: string): boolean => names?.includes(name) ?? true;
  return lsd !== false && isUsual('lan') ? { localDiscovery: true } : {};
}
