import { BencodeError, type BencodeIssue, type BencodeNode, scan } from '@millrace/bencode';
import { MetainfoError } from './error.ts';
import type { IssueList } from './issue.ts';
import { escape } from './quote.ts';

type Path = BencodeIssue['path'];

/** Keys that mean something here: of two values of one of them, another reader may take the other. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'announce',
  'announce-list',
  'comment',
  'comment.utf-8',
  'created by',
  'creation date',
  'httpseeds',
  'info',
  'nodes',
  'url-list',
]);
const KNOWN_INFO_KEYS: ReadonlySet<string> = new Set([
  'attr',
  'file tree',
  'files',
  'length',
  'meta version',
  'name',
  'name.utf-8',
  'piece length',
  'pieces',
  'private',
  'source',
  'symlink path',
]);
const KNOWN_FILE_KEYS: ReadonlySet<string> = new Set([
  'attr',
  'length',
  'path',
  'path.utf-8',
  'symlink path',
]);

/** Scans a torrent. One line end after it is no issue: editors leave it. */
export function openTorrent(bytes: Uint8Array, issues: IssueList): BencodeNode {
  return open(bytes.subarray(0, bytes.length - lineEndLength(bytes)), [], issues);
}

/** Scans an `info` dictionary, which must be all there is: its hash is that of every byte. */
export function openInfo(bytes: Uint8Array, issues: IssueList): BencodeNode {
  return open(bytes, ['info'], issues);
}

function open(bytes: Uint8Array, base: Path, issues: IssueList): BencodeNode {
  // A view, so that no subclass of Uint8Array reaches what is returned.
  const input = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const onIssue = (issue: BencodeIssue): void => {
    report(issue, base, issues);
  };
  try {
    return scan(input, { strict: false, onIssue });
  } catch (error) {
    if (!BencodeError.is(error)) throw error;
    if (error.detail.code !== 'TRAILING_BYTES' || base.length > 0) throw notBencode(error, base);
    const { count, offset } = error.detail;
    issues.add({ code: 'TRAILING_BYTES', field: '', count });
    return scan(input.subarray(0, offset), { strict: false });
  }
}

function report({ code, offset, path }: BencodeIssue, base: Path, issues: IssueList): void {
  const fullPath = [...base, ...path];
  const field = fieldName(fullPath);
  switch (code) {
    case 'KEYS_NOT_SORTED':
      issues.add({ code, field, offset });
      break;
    case 'DUPLICATE_KEY':
      if (isKnown(fullPath)) throw new MetainfoError({ code, field, offset });
      issues.add({ code, field, offset });
      break;
    case 'LEADING_ZERO':
    case 'NEGATIVE_ZERO':
      // Readers disagree about such numbers, and nobody's encoder writes them.
      throw notBencode(new BencodeError({ code, offset, path }), base);
    default:
      code satisfies never;
  }
}

function notBencode(error: BencodeError, base: Path): MetainfoError {
  const { offset } = error;
  const detail = { code: 'NOT_BENCODE', field: fieldName(base), reason: error.message, offset } as const;
  return new MetainfoError(detail, { cause: error });
}

function isKnown(path: Path): boolean {
  const key = String(path.at(-1));
  if (path.length === 1) return KNOWN_KEYS.has(key);
  if (path.length === 2) return path[0] === 'info' && KNOWN_INFO_KEYS.has(key);
  const isFile =
    path.length === 4 && path[0] === 'info' && path[1] === 'files' && typeof path[2] === 'number';
  return isFile && KNOWN_FILE_KEYS.has(key);
}

function fieldName(path: Path): string {
  let name = '';
  for (const step of path) {
    if (typeof step === 'number') name += `[${step}]`;
    else name += name === '' ? escape(step) : `.${escape(step)}`;
  }
  return name;
}

function lineEndLength(bytes: Uint8Array): 0 | 1 | 2 {
  const last = bytes.at(-1);
  if (last === 0x0d) return 1;
  if (last !== 0x0a) return 0;
  return bytes.at(-2) === 0x0d ? 2 : 1;
}
