import { adviceFor } from './advice.ts';
import { codeOf } from './exit-code.ts';
import { foreign } from './escape.ts';
import type { Printer } from './printer.ts';

/** Longest message that is shown, in code points. */
const MAX_MESSAGE_CODE_POINTS = 1024;

/** What Node was doing when the system refused, by the name of the call. */
const VERBS: Readonly<Record<string, string>> = {
  mkdir: 'make folder',
  write: 'write',
  rename: 'write',
  link: 'write',
};

const SYSTEM_TEXT: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder, expected a file',
  ENOTDIR: 'a part of the path is a file, expected a folder',
  EEXIST: 'something is there already',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
};

/** Prints what went wrong, why, and what to do; with `debug`, where it happened too. */
export function reportError(error: unknown, err: Printer, debug: boolean): void {
  err.line(`millrace: ${messageOf(error)}`);
  const advice = adviceFor(error);
  if (advice !== undefined) err.line(`  ${advice}`);
  if (debug) err.lines(stackOf(error));
}

/** Returns what an error says, in the words of this program also if the system raised it; bounded and escaped. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return foreign(String(error));
  return foreign(systemMessage(error) ?? (error.message || error.name), MAX_MESSAGE_CODE_POINTS);
}

function systemMessage(error: Error): string | undefined {
  if (!('syscall' in error) || typeof error.syscall !== 'string') return undefined;
  if (!('path' in error) || typeof error.path !== 'string') return undefined;
  const code = codeOf(error) ?? '';
  const text = Object.hasOwn(SYSTEM_TEXT, code) ? SYSTEM_TEXT[code] : `the system answered ${code}`;
  const path = 'dest' in error && typeof error.dest === 'string' ? error.dest : error.path;
  return `Cannot ${VERBS[error.syscall] ?? 'read'} "${path}": ${text}`;
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  let cause: unknown = error;
  for (let depth = 0; cause instanceof Error && depth < 8; depth += 1) {
    lines.push(...(cause.stack ?? cause.message).split('\n'));
    cause = cause.cause;
    if (cause !== undefined) lines.push('caused by:');
  }
  return lines;
}
