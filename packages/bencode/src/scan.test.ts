import { describe, expect, it } from 'vitest';
import { scan } from './scan.ts';
import { bytesOf, textOf } from './testing/bytes.ts';

describe('scan', () => {
  it('knows the exact bytes of each value', () => {
    const root = scan(bytesOf('d1:ai1e4:infod4:name1:x4:sizei9eee'));
    expect(textOf(root.get('info')!.raw)).toBe('d4:name1:x4:sizei9ee');
    expect(root.get('info')!.get('size')!.value()).toBe(9);
  });
});
