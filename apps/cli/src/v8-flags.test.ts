import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { v8Flags } from './v8-flags.ts';

describe('v8Flags()', () => {
  it('has none for a V8 that nobody has looked at', () => {
    const none = { first: [], later: [], original: [] };
    expect([v8Flags('11.3.244.8'), v8Flags('99.1'), v8Flags('')]).toEqual([none, none, none]);
  });

  it('leaves the V8 of Node 22 its only optimizing compiler', () => {
    expect(v8Flags('12.4.254.21-node.27')).toEqual({
      first: ['--semi-space-growth-factor=1'],
      later: [],
      original: ['--semi-space-growth-factor=2'],
    });
  });

  it('has none that this V8 would complain of', () => {
    const { first, later, original } = v8Flags(process.versions.v8);
    const flags = [...first, ...later, ...original];
    expect(flags.length).toBeGreaterThan(0);
    const script = `for (const flag of ${JSON.stringify(flags)}) require('node:v8').setFlagsFromString(flag)`;
    const output = execFileSync('sh', ['-c', '"$0" -e "$1" 2>&1', process.execPath, script], {
      encoding: 'utf8',
    });
    expect(output).toBe('');
  });
});
