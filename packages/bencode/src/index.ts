export { decode, decodePrefix } from './decode.ts';
export { encode, encodedLength, encodeInto } from './encode.ts';
export { BencodeError, type BencodeErrorDetail } from './error.ts';
export { keyToText, textToKey } from './key.ts';
export type { BencodeNode } from './node.ts';
export type { BencodeIssue, DecodeOptions } from './options.ts';
export { raw } from './raw.ts';
export { scan, scanPrefix } from './scan.ts';
export type { BencodeDict, BencodePath, BencodeValue, Encodable, RawBencode } from './value.ts';
