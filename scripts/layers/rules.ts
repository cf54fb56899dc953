/** What one workspace folder may import of its siblings; a folder without a row here is a violation. */
export interface FolderRule {
  readonly kind: 'layer' | 'app' | 'private';
  /** Names of the workspace packages it may depend on, in `dependencies` and in its sources. */
  readonly mayUse: readonly string[];
}

const bencode = '@millrace/bencode';
const metainfo = '@millrace/metainfo';
const trackerClient = '@millrace/tracker-client';
const peerWire = '@millrace/peer-wire';
const localDiscovery = '@millrace/local-discovery';
const dht = '@millrace/dht';
const portMapping = '@millrace/port-mapping';
const downloader = '@millrace/downloader';
const layers = [bencode, metainfo, trackerClient, peerWire, localDiscovery, dht, portMapping, downloader];

/** Helpers for tests: a devDependency everywhere but in the private folders, and imported by tests only. */
export const TESTKIT = '@millrace/testkit';

/** The direction of dependencies: each row names rows above it. docs/architecture.md draws it. */
export const RULES: Readonly<Record<string, FolderRule>> = {
  'packages/bencode': { kind: 'layer', mayUse: [] },
  'packages/metainfo': { kind: 'layer', mayUse: [bencode] },
  'packages/tracker-client': { kind: 'layer', mayUse: [bencode, metainfo] },
  'packages/peer-wire': { kind: 'layer', mayUse: [bencode, metainfo] },
  'packages/local-discovery': { kind: 'layer', mayUse: [metainfo] },
  'packages/dht': { kind: 'layer', mayUse: [bencode] },
  'packages/port-mapping': { kind: 'layer', mayUse: [] },
  'packages/downloader': {
    kind: 'layer',
    mayUse: [bencode, metainfo, trackerClient, peerWire, localDiscovery, dht, portMapping],
  },
  'apps/cli': { kind: 'app', mayUse: layers },
  'packages/testkit': { kind: 'private', mayUse: layers },
  interop: { kind: 'private', mayUse: [...layers, TESTKIT] },
  bench: { kind: 'private', mayUse: [...layers, TESTKIT, '@millrace/interop'] },
};

/** Outside packages that need Node: a layer may import them only where it may import `node:` itself. */
export const NODE_ONLY: ReadonlySet<string> = new Set(['undici']);

/** Runtime dependencies outside the workspace that a layer may have. */
export const MAX_OUTSIDE_DEPENDENCIES = 1;

export type RuleName =
  | 'unknown-folder'
  | 'direction'
  | 'testkit'
  | 'undeclared'
  | 'node-import'
  | 'own-index'
  | 'outside-folder'
  | 'test-helper'
  | 'import-cycle'
  | 'package-cycle'
  | 'missing-file'
  | 'manifest'
  | 'outside-dependencies'
  | 'install-script'
  | 'native-module'
  | 'not-installed'
  | 'syntax';

/** One thing found wrong. */
export interface Violation {
  readonly rule: RuleName;
  /** Relative to the workspace root, with forward slashes. */
  readonly path: string;
  /** Starting at 1. */
  readonly line?: number;
  readonly message: string;
}
