import { MetainfoError } from '../../error.ts';

/** Returns the error for a file that cannot be hashed. @param system - What the system answered, if it was asked. */
export function troubleError(field: string, path: string, system: string | undefined): MetainfoError {
  return new MetainfoError(
    system === undefined
      ? { code: 'FILE_CHANGED', field, path }
      : { code: 'FILE_UNREADABLE', field, path, system },
  );
}
