import type { LocalPaths } from '../local-paths.ts';

/** Everything no file name may contain, code point by code point: written apart from the code it checks. */
const FORBIDDEN_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x1f],
  [0x2f, 0x2f],
  [0x5c, 0x5c],
  [0x7f, 0x9f],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x2066, 0x2069],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
];
const DEVICES = new Set(
  ['con', 'prn', 'aux', 'nul'].concat(
    ...['com', 'lpt'].map((device) => '0123456789¹²³'.split('').map((digit) => device + digit)),
  ),
);

/** Returns what is unsafe about the paths, or nothing. */
export function unsafeParts(
  local: LocalPaths,
  platform: 'posix' | 'win32',
  options: { isSingleFile: boolean },
): string[] {
  const problems: string[] = [];
  const check = (component: string, maxBytes: number): void => {
    const problem = componentProblem(component, platform, maxBytes);
    if (problem !== undefined) problems.push(`${JSON.stringify(component)} ${problem}`);
  };
  check(local.name, options.isSingleFile ? 250 : 255);
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of local.paths) {
    if (path.length === 0 && !options.isSingleFile) problems.push('a file has no path');
    for (const [depth, component] of path.entries()) {
      const isFile = depth === path.length - 1;
      check(component, isFile ? 250 : 255);
      if (!isFile) folders.set(fold(path.slice(0, depth + 1)), JSON.stringify(path.slice(0, depth + 1)));
    }
    if (options.isSingleFile) continue;
    if (files.has(fold(path))) problems.push(`${JSON.stringify(path)} is there twice`);
    files.set(fold(path), JSON.stringify(path));
  }
  for (const [key, path] of files) {
    if (folders.has(key)) problems.push(`${path} is a file and a folder`);
    if (files.has(`${key}.part`) || folders.has(`${key}.part`)) problems.push(`${path}.part is taken`);
  }
  return problems;
}

function componentProblem(
  component: string,
  platform: 'posix' | 'win32',
  maxBytes: number,
): string | undefined {
  if (component === '' || component === '.' || component === '..') return 'is no name';
  if (new TextEncoder().encode(component).length > maxBytes) return `is longer than ${maxBytes} bytes`;
  for (const character of component) {
    const code = character.codePointAt(0) ?? 0;
    if (FORBIDDEN_RANGES.some(([first, last]) => code >= first && code <= last))
      return `has U+${code.toString(16)}`;
  }
  if (platform === 'posix') return undefined;
  for (const character of '<>:"|?*') if (component.includes(character)) return `has ${character}`;
  if (component.endsWith('.') || component.endsWith(' ')) return 'ends in a dot or space';
  if (DEVICES.has((component.split('.')[0] ?? '').trimEnd().toLowerCase())) return 'is a device';
  return undefined;
}

function fold(path: readonly string[]): string {
  return path.map((component) => component.normalize('NFC').toLowerCase().normalize('NFC')).join('/');
}
