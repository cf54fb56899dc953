/** The oldest Node there is support for: as `engines` in package.json, which nobody reads when the program starts. */
const OLDEST = [22, 18] as const;

/** Says what is wrong with a Node that is too old, `undefined` if it is not. @param version - As in `process.versions`. */
export function oldNodeText(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Cannot run on Node.js ${version}: expected ${oldestMajor}.${oldestMinor} or later`;
}
