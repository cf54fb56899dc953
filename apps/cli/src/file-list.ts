import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import { foreign } from './escape.ts';
import { JSON_SCHEMA, toJson } from './json-lines.ts';
import type { Printer } from './printer.ts';
import { pathOf } from './selection.ts';

/** Prints a torrent's files, or the selected ones: number, length in bytes, path. The numbers are those of `--select`. */
export function listFiles(
  metainfo: Metainfo,
  selected: readonly number[] | undefined,
  isJson: boolean,
  out: Printer,
): void {
  const chosen = selected && new Set(selected);
  const files = metainfo.files.filter(({ isPadding, index }) => !isPadding && (chosen?.has(index) ?? true));
  if (isJson) {
    out.line(
      toJson({
        schema: JSON_SCHEMA,
        name: metainfo.name,
        infoHash: formatInfoHash(metainfo.infoHash),
        files: files.map((file) => ({
          number: file.index + 1,
          length: file.length,
          path: metainfo.isSingleFile ? [metainfo.name] : file.path,
        })),
      }),
    );
    return;
  }
  const numberWidth = String(metainfo.files.length).length;
  const lengthWidth = String(metainfo.files.reduce((most, { length }) => Math.max(most, length), 0)).length;
  out.lines(
    files.map((file) => {
      const path = pathOf(file, metainfo)
        .split('/')
        .map((component) => foreign(component))
        .join('/');
      return `${String(file.index + 1).padStart(numberWidth)}  ${String(file.length).padStart(lengthWidth)}  ${path}`;
    }),
  );
}
