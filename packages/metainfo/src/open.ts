import { BencodeError, type BencodeIssue, type BencodeNode, scanPrefix } from '@millrace/bencode';
import { MetainfoError } from './error.ts';
import type { IssueList } from './issue.ts';
import { escape } from './quote.ts';
import { toText } from './text.ts';

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

/** Scans a torrent. Bytes after it are an issue, but for one line end, which editors leave. */
export function openTorrent(bytes: Uint8Array, issues: IssueList): BencodeNode {
  const root = open(bytes, [], issues);
  const rest = bytes.subarray(root.raw.length);
  if (rest.length > 0 && !isLineEnd(rest))
    issues.add({ code: 'TRAILING_BYTES', field: '', count: rest.length });
  return root;
}

/** Scans an `info` dictionary, which must be all there is: its hash is that of every byte. */
export function openInfo(bytes: Uint8Array, issues: IssueList): BencodeNode {
  const info = open(bytes, ['info'], issues);
  const count = bytes.length - info.raw.length;
  if (count > 0) throw new MetainfoError({ code: 'TRAILING_BYTES', field: 'info', count });
  return info;
}

function open(bytes: Uint8Array, base: Path, issues: IssueList): BencodeNode {
  // A view, so that no subclass of Uint8Array reaches what is returned.
  const input = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const onIssue = (issue: BencodeIssue): void => {
    report(issue, base, issues);
  };
  try {
    return scanPrefix(input, { strict: false, onIssue });
  } catch (error) {
    throw BencodeError.is(error) ? notBencode(error, base) : error;
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

function isLineEnd(bytes: Uint8Array): boolean {
  return bytes.length <= 2 && /^(?:\r?\n|\r)$/.test(toText(bytes));
}
