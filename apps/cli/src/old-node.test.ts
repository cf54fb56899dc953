import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { oldNodeText } from './old-node.ts';

describe('oldNodeText()', () => {
  it.each(['20.20.2', '22.17.9', '0.12.0'])('refuses %s, and says what it expects', (version) => {
    expect(oldNodeText(version)).toBe(`Cannot run on Node.js ${version}: expected 22.18 or later`);
  });

  it.each(['22.18.0', '23.0.0', '26.10.0', process.versions.node])('takes %s', (version) => {
    expect(oldNodeText(version)).toBeUndefined();
  });

  it('begins where the package says that it does', () => {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    expect(manifest).toContain('"node": "^22.18.0 ');
  });
});
