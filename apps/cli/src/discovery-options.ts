import path from 'node:path';
import type { ClientOptions, DhtOptions } from '@millrace/downloader/node';
import { parsePeer } from './parse-peer.ts';
import type { Terminal } from './terminal.ts';
import { cacheFolder } from './user-folders.ts';

/** Flags of every command that looks for peers: ways to find them besides trackers. */
export interface DiscoveryFlags {
  /** `false` for `--no-dht`. */
  readonly dht?: boolean;
  readonly dhtPort?: number;
  readonly dhtBootstrap?: readonly string[];
  /** `false` for `--no-lsd`. */
  readonly lsd?: boolean;
  /** `false` for `--no-portmap`. */
  readonly portmap?: boolean;
}

type Environment = Terminal['environment'];

/** Which ways are used that no flag turns off: names with commas between them. */
const VARIABLE = 'MILLRACE_DISCOVERY';

/**
 * Translates flags: all ways are used, unless one of them or the environment turns them off.
 *
 * @throws {UsageError} if a node is no address.
 */
export function toDiscovery(
  flags: DiscoveryFlags,
  environment: Environment,
): Pick<ClientOptions, 'localDiscovery' | 'dht' | 'portMapping'> {
  const names = environment[VARIABLE]?.split(',').map((name) => name.trim());
  const isUsual = (name: string): boolean => names?.includes(name) ?? true;
  return {
    ...(flags.lsd !== false && isUsual('lan') && { localDiscovery: true }),
    ...(flags.portmap !== false && isUsual('portmap') && { portMapping: true }),
    ...(flags.dht !== false && isUsual('dht') && { dht: dhtOptions(flags, environment) }),
  };
}

function dhtOptions({ dhtPort, dhtBootstrap }: DiscoveryFlags, environment: Environment): DhtOptions {
  const folder = cacheFolder(environment);
  return {
    ...(dhtPort !== undefined && { port: dhtPort }),
    ...(dhtBootstrap !== undefined && { bootstrap: dhtBootstrap.map((text) => parsePeer(text)) }),
    // Nodes that were named are not to be met again in runs that do not name them.
    ...(folder !== undefined && dhtBootstrap === undefined && { cacheFile: path.join(folder, 'dht.state') }),
  };
}
