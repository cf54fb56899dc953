import { expect, it } from 'vitest';
import { BencodeError } from './error.ts';

it('is tells a BencodeError from anything else, also one of another copy of the package', () => {
  const error = new BencodeError({ code: 'NOT_UTF8', path: [] });
  const ofAnotherCopy = Object.assign(new Error('x'), { [Symbol.for('@millrace/bencode.error')]: true });
  expect([error, ofAnotherCopy].map((each) => BencodeError.is(each))).toEqual([true, true]);
  expect([new Error('x'), null, undefined, 'x', {}].map((each) => BencodeError.is(each))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.path, error.offset]).toEqual([
    'BencodeError',
    'NOT_UTF8',
    [],
    undefined,
  ]);
});

it('keeps the cause', () => {
  const cause = new TypeError('x');
  expect(new BencodeError({ code: 'NOT_UTF8', path: [] }, { cause }).cause).toBe(cause);
});

it('escapes and bounds what comes from outside', () => {
  const path = ['in"fo\x1b[31m', 'k'.repeat(5000), 3, ...Array.from({ length: 1000 }, () => 'deep')];
  const { message } = new BencodeError({ code: 'MISSING_FIELD', path, expected: 'text' });
  expect(message).toContain('["in\\"fo\\x1b[31m"]');
  expect(message).toMatch(/^[\x20-\x7e…]+$/);
  expect(message.length).toBeLessThan(300);
  expect(
    new BencodeError({ code: 'UNEXPECTED_BYTE', offset: 0, path: [], byte: 27, expected: 'a value' }).message,
  ).toBe('Cannot decode the value at byte 0: found "\\x1b", expected a value');
  expect(new BencodeError({ code: 'INVALID_KEY', path: ['\u0100'] }).message).toContain('["\\u0100"]');
});
