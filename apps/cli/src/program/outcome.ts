/** What a run leaves: nothing is done, or a command's own exit code. */
export interface Outcome {
  exitCode: number;
}
