import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ContentFile } from './content-files.ts';
import { FileStamps } from './file-stamps.ts';
import { PieceJobs } from './piece-jobs.ts';

it('looks for a folder anew for each empty file that it makes', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = ['a/one', 'a/two'].map((name): ContentFile => {
    const path = join(root, name);
    return { path, partPath: `${path}.part`, length: 0, isPadding: false, isWanted: true };
  });
  const stamps = new FileStamps(files.length).memory;
  const jobs = new PieceJobs({ root, files, pieceLength: 4, totalLength: 0, stamps, isNamedEarly: false });
  expect(jobs.run({ type: 'finishFile', fileIndex: 0 })).toBe(true);
  renameSync(join(root, 'a'), join(root, 'moved'));
  expect(jobs.run({ type: 'finishFile', fileIndex: 1 })).toBe(true);
  jobs.close();
  expect([readdirSync(join(root, 'moved')), readdirSync(join(root, 'a'))]).toEqual([['one'], ['two']]);
});
