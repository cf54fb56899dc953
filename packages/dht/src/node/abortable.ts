/** Something that can be told to end. */
interface Cancellable {
  cancel(): void;
}

/**
 * Waits for what `start` starts. When `signal` aborts, that is cancelled, and the promise rejects with the signal's reason.
 *
 * @param start Gets what ends the waiting; it may call it at once.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void) => Cancellable | undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal?.throwIfAborted();
    let isOver = false;
    const end = (): void => {
      isOver = true;
      signal?.removeEventListener('abort', onAbort);
    };
    let started: Cancellable | undefined;
    const onAbort = (): void => {
      end();
      started?.cancel();
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whoever aborts says why, in whatever form
      reject(signal?.reason);
    };
    started = start((value) => {
      if (isOver) return;
      end();
      resolve(value);
    });
    if (!isOver) signal?.addEventListener('abort', onAbort, { once: true });
  });
}
