import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { BencodeErrorDetail } from './error.ts';

/** What one call cost in a process of its own, where neither coverage nor other tests count. */
interface Cost {
  readonly code: BencodeErrorDetail['code'] | undefined;
  readonly cpuMs: number;
  readonly arrayBufferBytes: number;
}

/** Runs `call` on the bytes that the expression `input` makes, after a call on little to warm up. */
async function costOf(call: string, input: string): Promise<Cost> {
  const program = `
    import { BencodeError, decode, encode, scan } from '@millrace/bencode';
    const run = (input) => { ${call} };
    run(Buffer.from('le'));
    const input = ${input};
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage().arrayBuffers;
    let code;
    try { run(input); } catch (error) { if (!BencodeError.is(error)) throw error; code = error.code; }
    const arrayBufferBytes = process.memoryUsage().arrayBuffers - memory;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ code, cpuMs: (user + system) / 1000, arrayBufferBytes }));`;
  const flags = ['--conditions=@millrace/source', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, {
    cwd: new URL('..', import.meta.url),
  });
  return JSON.parse(stdout) as Cost;
}

it.each([
  ['a million opening bytes', "Buffer.alloc(1_000_000, 'l')", 'DEPTH_LIMIT', 100],
  ['20 MB of empty strings', "Buffer.alloc(20_000_000, '0:').fill('l', 0, 2)", 'ITEM_LIMIT', 1000],
  ['a length that is not there', "Buffer.from('99999999999:a')", 'UNEXPECTED_END', 50],
  ['a negative length', "Buffer.from('d-1:')", 'INVALID_LENGTH', 50],
  [
    'an integer without end',
    "Buffer.alloc(10_000_000, '9').fill('i', 0, 1).fill('e', 9_999_999)",
    'INTEGER_OUT_OF_RANGE',
    1000,
  ],
  ['a length without end', "Buffer.alloc(10_000_000, '9')", 'UNEXPECTED_END', 1000],
])('%s cost little to refuse', async (_, input, code, milliseconds) => {
  for (const call of ['decode(input)', 'scan(input)']) {
    const cost = await costOf(call, input);
    expect(cost.code).toBe(code);
    expect(cost.cpuMs).toBeLessThan(milliseconds);
    expect(cost.arrayBufferBytes).toBeLessThan(1_048_576);
  }
});

it.each([
  [
    'duplicate keys',
    'scan(input, { strict: false })',
    "Buffer.from('d' + '1:a0:1:b0:'.repeat(100_000) + 'e')",
  ],
  [
    'access by index',
    'const root = scan(input); for (let index = 0; index < root.length; index += 1) root.at(index);',
    "Buffer.from('l' + 'i1e'.repeat(300_000) + 'e')",
  ],
  [
    'many dictionaries, decoded and encoded,',
    'encode(decode(input).reverse())',
    "Buffer.from('l' + 'd1:a1:b1:c1:de'.repeat(100_000) + 'e')",
  ],
])('%s cost no more than linear time', async (_, call, input) => {
  const { code, cpuMs } = await costOf(call, input);
  expect(code).toBeUndefined();
  expect(cpuMs).toBeLessThan(2000);
});
