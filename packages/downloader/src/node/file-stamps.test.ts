import { describe, expect, it } from 'vitest';
import { FileStamps, type StampSource } from './file-stamps.ts';

const found = (size: bigint, mtimeNs: bigint, ino = 7n): StampSource => ({ size, mtimeNs, ino });

/** Writes once, between what is found before and after. */
function write(stamps: FileStamps, before: StampSource, after: StampSource): void {
  const ticket = stamps.enter(0);
  stamps.compare(0, ticket, before);
  stamps.wrote(0, ticket, after);
  stamps.leave(0);
}

describe('FileStamps', () => {
  it('takes a file that is as it was left for undisturbed, on every thread that has its memory', () => {
    const stamps = new FileStamps(1);
    write(stamps, found(0n, 1n), found(10n, 2n));
    write(new FileStamps(1, stamps.memory), found(10n, 2n), found(20n, 3n));
    expect(stamps.isDisturbed(0)).toBe(false);
    expect(stamps.stamp(0)).toEqual({ length: 20, mtimeNs: 3n, inode: 7n });
  });

  it.each([
    ['another time', found(10n, 9n)],
    ['another length', found(11n, 2n)],
    ['another inode', found(10n, 2n, 8n)],
  ])('sees %s before the next write, until it is set anew', (_, changed) => {
    const stamps = new FileStamps(1);
    write(stamps, found(0n, 1n), found(10n, 2n));
    write(stamps, changed, found(20n, 10n));
    expect([stamps.isDisturbed(0), [...stamps.snapshot()]]).toEqual([true, [0n, 0n, 0n]]);
    stamps.set(0, { length: 20, mtimeNs: 10n, inode: 7n });
    expect(stamps.isDisturbed(0)).toBe(false);
  });

  it('sees what is in a file that was to be new', () => {
    const stamps = new FileStamps(1);
    write(stamps, found(3n, 1n), found(10n, 2n));
    expect(stamps.isDisturbed(0)).toBe(true);
  });

  it('blames nobody for what another thread may have written meanwhile, and keeps the later time', () => {
    const stamps = new FileStamps(1);
    write(stamps, found(0n, 1n), found(10n, 2n));
    const first = stamps.enter(0);
    const second = stamps.enter(0);
    stamps.compare(0, second, found(20n, 3n)); // the first has written
    stamps.wrote(0, second, found(30n, 4n));
    stamps.leave(0);
    stamps.compare(0, first, found(30n, 4n));
    stamps.wrote(0, first, found(20n, 3n)); // it looked before the second wrote
    expect([...stamps.snapshot()]).toEqual([0n, 0n, 0n]); // it is still being written to
    stamps.leave(0);
    expect(stamps.isDisturbed(0)).toBe(false);
    expect(stamps.stamp(0)).toEqual({ length: 30, mtimeNs: 4n, inode: 7n });
  });

  it('cannot tell of a file that is written to while it is looked at', () => {
    const stamps = new FileStamps(1);
    write(stamps, found(0n, 1n), found(10n, 2n));
    expect(stamps.isAsLeft(0, () => found(10n, 2n))).toBe(true);
    expect(stamps.isAsLeft(0, () => found(10n, 3n))).toBe(false);
    expect(
      stamps.isAsLeft(0, () => {
        write(stamps, found(10n, 2n), found(10n, 5n));
        return found(10n, 4n);
      }),
    ).toBe(true);
    stamps.enter(0);
    expect(stamps.isAsLeft(0, () => found(99n, 99n))).toBe(true);
  });
});
