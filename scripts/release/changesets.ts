import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of `.changeset/`: which packages it releases, and what their users are told. */
export interface Changeset {
  readonly packages: readonly string[];
  readonly summary: string;
}

/** Reads the changesets that are not released yet. */
export async function readChangesets(root: string): Promise<Changeset[]> {
  const folder = join(root, '.changeset');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');
  return Promise.all(names.map(async (name) => parseChangeset(await readFile(join(folder, name), 'utf8'))));
}

/** Parses the front matter (`'name': minor` a line) and the text after it. */
export function parseChangeset(text: string): Changeset {
  const [, front, summary] = /^---\r?\n([\s\S]*?)^---\r?\n([\s\S]*)$/m.exec(text) ?? [];
  if (front === undefined || summary === undefined)
    throw new Error(`Cannot read changeset: ${JSON.stringify(text)}`);
  const packages = [...front.matchAll(/^['"]?([^'":\s]+)['"]?\s*:/gm)].map(([, name]) => name ?? '');
  return { packages, summary: summary.trim() };
}
