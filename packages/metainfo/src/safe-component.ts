import { prefixWithin, toEscapedText } from './text.ts';

/** Whose rules for names apply: `win32` forbids more. */
export type PathPlatform = 'posix' | 'win32';

/** Longest name a file system takes, in bytes of UTF-8. */
export const MAX_COMPONENT_LENGTH = 255;

/** Longest end of a name, with its dot, that is kept when the name is cut, in bytes. */
export const MAX_EXTENSION_LENGTH = 16;

/** Names made only of these need nothing done, on any system, unless Windows reserves them. */
const PLAIN = /^[\w-](?:[\w ()[\],+=!@#&'.-]*[\w()[\],+=!@#&'-])?$/;
/** Zero-width characters and those that change the direction of text. */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}\u{e0020}-\u{e007f}]/gu;
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}/\\]/gu;
const FORBIDDEN_BY_WINDOWS = /[<>:"|?*]/g;
const DRIVE = /^([a-z]):(?=[/\\]|$)/i;
const RESERVED_BY_WINDOWS =
  /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(?:\.|$)/i;

/**
 * Makes one path component out of bytes a stranger chose: never empty, `.` or `..`, without separators, control,
 * bidi or zero-width characters, and at most `maxBytes` long. A name that is safe already stays as it is.
 */
export function safeComponent(bytes: Uint8Array, platform: PathPlatform, maxBytes: number): string {
  const text = toEscapedText(bytes);
  const isPlain = text.length <= maxBytes && PLAIN.test(text);
  if (isPlain && (platform === 'posix' || !RESERVED_BY_WINDOWS.test(text))) return text;

  let name = text.replaceAll(INVISIBLE, '').replace(DRIVE, '$1_').replaceAll(FORBIDDEN, '_');
  if (platform === 'win32') {
    name = name.replaceAll(FORBIDDEN_BY_WINDOWS, '_');
    if (RESERVED_BY_WINDOWS.test(name)) name = `_${name}`;
  }
  name = cut(name, maxBytes);
  if (platform === 'win32') name = name.replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  if (name === '') return '_';
  return name === '.' || name === '..' ? '_'.repeat(name.length) : name;
}

/** Splits a name before its extension, if it has one worth keeping: `a.tar.gz` is `a.tar` and `.gz`. */
export function splitExtension(name: string): readonly [stem: string, extension: string] {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  const isKept = prefixWithin(extension, MAX_EXTENSION_LENGTH).length === extension.length;
  return isKept ? [name.slice(0, name.length - extension.length), extension] : [name, ''];
}

/** Shortens a name at the end of its stem, between characters, so that its extension stays. */
function cut(name: string, maxBytes: number): string {
  if (prefixWithin(name, maxBytes).length === name.length) return name;
  const [stem, extension] = splitExtension(name);
  return prefixWithin(stem, maxBytes - new TextEncoder().encode(extension).length) + extension;
}
