import type { BencodePath } from './value.ts';

/** Keys and paths come from outside; a message shows no more of them than this. */
const MAX_KEY_LENGTH = 40;
const MAX_STEPS = 16;

/** Writes a path as `info.files[3]`, escaped and bounded; the root is `the value`. */
export function formatPath(path: BencodePath): string {
  if (path.length === 0) return 'the value';
  let text = '';
  for (const step of path.slice(0, MAX_STEPS)) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (isWord(step)) text += text === '' ? step : `.${step}`;
    else text += `["${escapeText(step)}"]`;
  }
  return path.length > MAX_STEPS ? `${text}…` : text;
}

/** Replaces quotes, control and non-ASCII units by escapes and cuts long text short. */
export function escapeText(text: string): string {
  let escaped = '';
  for (let index = 0; index < text.length && index < MAX_KEY_LENGTH; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x22 || unit === 0x5c) escaped += `\\${text[index]}`;
    else if (unit >= 0x20 && unit < 0x7f) escaped += text[index];
    else if (unit <= 0xff) escaped += `\\x${unit.toString(16).padStart(2, '0')}`;
    else escaped += `\\u${unit.toString(16).padStart(4, '0')}`;
  }
  return text.length > MAX_KEY_LENGTH ? `${escaped}…` : escaped;
}

function isWord(key: string): boolean {
  return key.length <= MAX_KEY_LENGTH && /^[A-Za-z_][\w -]*$/.test(key);
}
