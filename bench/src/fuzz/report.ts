/** What a codec stood. */
export interface FuzzReport {
  readonly inputs: number;
  /** Inputs that it refused with an error of its own. */
  readonly refused: number;
  readonly longestMs: number;
  /** Largest resident memory of the process, Node's own included. */
  readonly peakBytes: number;
}
