/** A command line that cannot be carried out as it stands: a wrong option or argument. Ends with exit code 28. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
