import { readFileSync } from 'node:fs';

/** Returns what `--version` prints. */
export function versionText(): string {
  return `millrace ${readVersion()}`;
}

/** Returns the version in `package.json`, which lies above both `src` and `dist`. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : 'unknown';
}
