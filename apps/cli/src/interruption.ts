/** What ended a command early: a signal, or a reader that closed our standard output. */
export type InterruptionCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'OUTPUT_CLOSED';

/** The reason of the signal that `bin.ts` gives to `main()`. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly interruptedBy: InterruptionCause;

  constructor(interruptedBy: InterruptionCause) {
    super(interruptedBy === 'OUTPUT_CLOSED' ? 'The output was closed' : `Stopped by ${interruptedBy}`);
    this.interruptedBy = interruptedBy;
  }
}

/** What a shell reports for a program that a signal ended. */
export const SIGNAL_EXIT_CODE: Readonly<Record<InterruptionCause, number>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
  OUTPUT_CLOSED: 141,
};
