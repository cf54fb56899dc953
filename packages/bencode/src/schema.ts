export { bytes, text, type TextOptions } from './schema/byte-string.ts';
export { dict, list } from './schema/container.ts';
export { bigint, int } from './schema/integer.ts';
export { oneOf } from './schema/one-of.ts';
export type { Reader, ReaderOutput } from './schema/reader.ts';
