import { DownloadError } from '../error.ts';

/** Turns what the file system threw into a {@link DownloadError} that names the file. */
export function storageError(error: unknown, path: string): DownloadError {
  if (DownloadError.is(error)) return error;
  const system =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  switch (system) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DownloadError({ code: 'NO_SPACE', path }, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new DownloadError({ code: 'NOT_WRITABLE', path }, { cause: error });
    case 'ENAMETOOLONG':
      return new DownloadError({ code: 'NAME_TOO_LONG', path }, { cause: error });
    case 'ELOOP':
      return new DownloadError({ code: 'UNSAFE_TARGET', path, found: 'a symbolic link' }, { cause: error });
    case 'EISDIR':
      return new DownloadError({ code: 'UNSAFE_TARGET', path, found: 'a folder' }, { cause: error });
    case 'ENOTDIR':
    case 'EEXIST': // of a folder to be made
      return new DownloadError(
        { code: 'UNSAFE_TARGET', path, found: 'below something that is not a folder' },
        { cause: error },
      );
    default:
      return new DownloadError({ code: 'IO', path, system }, { cause: error });
  }
}
