import type { Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { encode } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { TrackerError } from '../error.ts';
import { asBytes } from '../testing/bytes.ts';
import { ANSWER, REQUEST } from '../testing/sample.ts';
import { startRaw } from '../testing/tracker-server.ts';
import { announce } from './announce.ts';
import type { AnnounceOptions } from './options.ts';

type Respond = (socket: Socket, request: string) => void;

/** Sends a whole answer and ends. */
function answer(body: string | Uint8Array, headers = '', status = '200 OK'): Respond {
  const bytes = typeof body === 'string' ? asBytes(body) : body;
  return (socket) => {
    socket.write(`HTTP/1.1 ${status}\r\n${headers}content-length: ${bytes.length}\r\n\r\n`);
    socket.end(bytes);
  };
}

/** Sends exactly these bytes and ends. */
function raw(text: string): Respond {
  return (socket) => void socket.end(asBytes(text));
}

/** Sends this and keeps the connection open. */
function hang(text: string): Respond {
  return (socket) => void (text !== '' && socket.write(asBytes(text)));
}

/** Sends `start`, then `block` for as long as it is taken. */
function endless(start: string, block: Uint8Array | string): Respond {
  return (socket) => {
    socket.write(asBytes(start));
    const more = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', more);
    more();
  };
}

function gzipOf(length: number): Uint8Array {
  return gzipSync(Buffer.concat([Buffer.from(`d5:peers${length}:`), Buffer.alloc(length), Buffer.from('e')]));
}

/** An answer of exactly `length` bytes. */
function answerOf(length: number): Uint8Array {
  const others = encode({ interval: 900, x: '' }).length - '0:'.length;
  const padding = length - others - `${length - 10}:`.length;
  return encode({ interval: 900, x: new Uint8Array(padding) });
}

const FAST: AnnounceOptions = { idleTimeoutMs: 150, timeoutMs: 400 };
const BLOCK = new Uint8Array(16_384).fill(0x61);
const GZIP = 'content-encoding: gzip\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const WHOLE = `HTTP/1.1 200 OK\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

const HOSTILE: readonly [name: string, respond: Respond, expected: object, options?: AnnounceOptions][] = [
  // What the tracker says.
  ['a failure', answer('d14:failure reason3:no!e'), { code: 'FAILURE', reason: 'no!', retryMs: undefined }],
  [
    'a failure with a time',
    answer('d14:failure reason1:x8:retry ini5ee'),
    { code: 'FAILURE', retryMs: 300_000 },
  ],
  ['a failure with a time as text', answer('d14:failure reason1:x8:retry in1:5e'), { retryMs: 300_000 }],
  [
    'a failure for ever',
    answer('d14:failure reason1:x8:retry in5:nevere'),
    { code: 'FAILURE', retryMs: 'never' },
  ],
  ['a failure with peers', answer('d14:failure reason1:x5:peers0:e'), { code: 'FAILURE', reason: 'x' }],
  ['a failure that is no text', answer('d14:failure reasoni1ee'), { code: 'FAILURE', reason: '' }],
  [
    'a failure with status 403',
    answer('d14:failure reason1:xe', '', '403 No'),
    { code: 'FAILURE', status: 403 },
  ],
  [
    'a packed failure with status 500',
    answer(gzipSync('d14:failure reason1:xe'), GZIP, '500 No'),
    { status: 500 },
  ],
  ['status 404', answer('<h1>gone</h1>', '', '404 Not Found'), { code: 'HTTP_STATUS', status: 404 }],
  ['status 410 with a peer list', answer(ANSWER, '', '410 Gone'), { code: 'HTTP_STATUS', status: 410 }],
  ['status 304', raw('HTTP/1.1 304 Not Modified\r\n\r\n'), { code: 'HTTP_STATUS', status: 304 }],
  ['status 302 without a place', answer('', '', '302 Found'), { code: 'HTTP_STATUS', status: 302 }],
  [
    'status 503 with a time',
    answer('', 'retry-after: 120\r\n', '503 Busy'),
    { status: 503, retryMs: 120_000 },
  ],
  [
    'status 503 with a date',
    answer('', 'retry-after: Mon\r\n', '503 Busy'),
    { status: 503, retryMs: undefined },
  ],
  ['status 999', answer('', '', '999 What'), { code: 'HTTP_STATUS', status: 999 }],
  [
    'status 500 and an endless page',
    endless('HTTP/1.1 500 No\r\n\r\n', BLOCK),
    { code: 'HTTP_STATUS', status: 500 },
  ],
  ['status 500 and a page that stalls', hang('HTTP/1.1 500 No\r\n\r\n<h1>'), { code: 'TIMED_OUT' }, FAST],
  // What is no tracker's answer.
  ['a web page', answer('<!doctype html>'), { code: 'MALFORMED', reason: 'UNEXPECTED_BYTE', offset: 0 }],
  ['nothing', answer(''), { code: 'MALFORMED', reason: 'UNEXPECTED_END' }],
  ['status 204', raw('HTTP/1.1 204 No Content\r\n\r\n'), { code: 'MALFORMED', reason: 'UNEXPECTED_END' }],
  ['a list', answer('le'), { code: 'MALFORMED', reason: 'NOT_A_DICTIONARY' }],
  ['a number', answer('i1e'), { code: 'MALFORMED', reason: 'NOT_A_DICTIONARY' }],
  [
    'a dictionary without an end',
    answer(ANSWER.slice(0, -1)),
    { code: 'MALFORMED', reason: 'UNEXPECTED_END' },
  ],
  ['a string longer than the answer', answer('d5:peers99999999999:'), { code: 'MALFORMED' }],
  ['a negative length', answer('d5:peers-6:'), { code: 'MALFORMED' }],
  ['lists within lists', answer('l'.repeat(100_000)), { code: 'MALFORMED', reason: 'DEPTH_LIMIT' }],
  ['half a million empty strings', answer(`d1:al${'0:'.repeat(500_000)}ee`), { reason: 'ITEM_LIMIT' }],
  ['an integer of 30 digits', answer(`d8:intervali${'9'.repeat(30)}ee`), { code: 'MALFORMED' }],
  ['gzip that is not said to be', answer(gzipSync(ANSWER)), { code: 'MALFORMED' }],
  // What passes a bound.
  [
    'an endless body',
    endless('HTTP/1.1 200 OK\r\n\r\nd5:peers9999999:', BLOCK),
    { code: 'BODY_TOO_LARGE', isDecoded: false },
  ],
  ['an endless body in chunks', endless(CHUNKED, chunk('a'.repeat(4_096))), { code: 'BODY_TOO_LARGE' }],
  [
    'a length past the bound',
    hang('HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n'),
    { code: 'BODY_TOO_LARGE', maxBytes: 1_048_576 },
  ],
  [
    'a body one byte past the bound',
    answer(answerOf(1_001)),
    { code: 'BODY_TOO_LARGE' },
    { maxBodyBytes: 1_000 },
  ],
  [
    'a body ten times past the bound',
    raw(`HTTP/1.1 200 OK\r\n\r\n${'d'.repeat(10_000)}`),
    { code: 'BODY_TOO_LARGE' },
    { maxBodyBytes: 1_000 },
  ],
  [
    '200 MB as 200 KB of gzip',
    answer(gzipOf(200_000_000), GZIP),
    { code: 'BODY_TOO_LARGE', isDecoded: true },
  ],
  [
    '20 MB of deflate',
    answer(deflateSync(new Uint8Array(20_000_000)), 'content-encoding: deflate\r\n'),
    { code: 'BODY_TOO_LARGE', isDecoded: true },
  ],
  [
    'gzip one byte past the bound',
    answer(gzipSync(answerOf(2_097_153)), GZIP),
    { code: 'BODY_TOO_LARGE', maxBytes: 2_097_152 },
  ],
  [
    'gzip that is itself too long',
    answer(Buffer.from(gzipSync(new Uint8Array(1))).subarray(0, 20), GZIP),
    { code: 'BODY_TOO_LARGE' },
    { maxBodyBytes: 10 },
  ],
  [
    'endless headers',
    endless('HTTP/1.1 200 OK\r\n', `x-a: ${'a'.repeat(1_000)}\r\n`),
    { code: 'HEADERS_TOO_LARGE' },
  ],
  ['one endless header', endless('HTTP/1.1 200 OK\r\nx: ', 'a'.repeat(4_096)), { code: 'HEADERS_TOO_LARGE' }],
  [
    'endless trailers',
    endless(`${CHUNKED}0\r\n`, `x-a: ${'a'.repeat(1_000)}\r\n`),
    { code: 'HEADERS_TOO_LARGE' },
  ],
  // How it is packed.
  ['brotli', answer(ANSWER, 'content-encoding: br\r\n'), { code: 'UNSUPPORTED_ENCODING', encoding: 'br' }],
  [
    'gzip in gzip',
    answer(gzipSync(gzipSync(ANSWER)), 'content-encoding: gzip, gzip\r\n'),
    { code: 'UNSUPPORTED_ENCODING' },
  ],
  ['gzip in gzip in two headers', answer(ANSWER, GZIP + GZIP), { code: 'UNSUPPORTED_ENCODING' }],
  ['plain text called gzip', answer(ANSWER, GZIP), { code: 'CORRUPT_ENCODING', encoding: 'gzip' }],
  ['gzip without its end', answer(gzipSync(ANSWER).subarray(0, -9), GZIP), { code: 'CORRUPT_ENCODING' }],
  // How long it takes.
  ['no answer', hang(''), { code: 'TIMED_OUT', phase: 'waiting', limit: 'idle', limitMs: 150 }, FAST],
  ['half a header', hang('HTTP/1.1 200 OK\r\ncontent-le'), { code: 'TIMED_OUT', phase: 'waiting' }, FAST],
  [
    'a body that stalls',
    hang('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nd8:'),
    { code: 'TIMED_OUT', phase: 'reading', limit: 'idle' },
    FAST,
  ],
  [
    'interim answers without end',
    endless('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    { code: 'TIMED_OUT' },
    FAST,
  ],
  ['a body that drips', drip, { code: 'TIMED_OUT', phase: 'reading', limit: 'total', limitMs: 400 }, FAST],
  // Where it ends.
  ['a connection closed at once', raw(''), { code: 'CONNECTION_LOST', phase: 'waiting' }],
  [
    'a connection reset',
    (socket) => void socket.resetAndDestroy(),
    { code: 'CONNECTION_LOST', phase: 'waiting' },
  ],
  ['a header cut', raw('HTTP/1.1 200 OK\r\ncontent-le'), { code: 'CONNECTION_LOST', phase: 'waiting' }],
  [
    'a body cut',
    raw(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${ANSWER}`),
    { code: 'CONNECTION_LOST', phase: 'reading' },
  ],
  ['a body reset', resetMidway, { code: 'CONNECTION_LOST', phase: 'reading' }],
  ['a body without a length reset', resetWithoutLength, { code: 'CONNECTION_LOST', phase: 'reading' }],
  ['chunks cut', raw(CHUNKED + chunk(ANSWER)), { code: 'CONNECTION_LOST', phase: 'reading' }],
  ['a chunk cut', raw(`${CHUNKED}ff\r\nd8:`), { code: 'CONNECTION_LOST', phase: 'reading' }],
  [
    'packed chunks cut',
    raw(`HTTP/1.1 200 OK\r\n${GZIP}content-length: 99\r\n\r\n\x1f\x8b\x08`),
    { code: 'CONNECTION_LOST' },
  ],
  // What is no HTTP.
  ['bencode without HTTP', raw(ANSWER), { code: 'NOT_HTTP', reason: expect.stringContaining('HTTP/') }],
  ['an SSH server', raw('SSH-2.0-OpenSSH_9.9\r\n'), { code: 'NOT_HTTP' }],
  ['zeros', raw('\0'.repeat(100)), { code: 'NOT_HTTP' }],
  ['a status that is none', raw('HTTP/1.1 abc OK\r\n\r\n'), { code: 'NOT_HTTP' }],
  [
    'two lengths',
    raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nde'),
    { code: 'NOT_HTTP' },
  ],
  [
    'a length past every number',
    raw(`HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\nde`),
    { code: 'NOT_HTTP' },
  ],
  ['a length below zero', raw('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nde'), { code: 'NOT_HTTP' }],
  [
    'a length and chunks',
    raw(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    { code: 'NOT_HTTP' },
  ],
  ['a chunk length that is none', raw(`${CHUNKED}zz\r\n`), { code: 'NOT_HTTP' }],
  ['a header with a NUL', raw('HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\nde'), { code: 'NOT_HTTP' }],
  [
    'an upgrade nobody asked for',
    raw('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    { code: 'NOT_HTTP' },
  ],
  ['an upgrade to nothing', raw('HTTP/1.1 101 Switching\r\n\r\n'), { code: 'NOT_HTTP' }],
];

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\nd');
  const timer = setInterval(() => socket.write('8'), 40);
  socket.once('close', () => clearInterval(timer));
}

function resetMidway(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nd8:');
  setTimeout(() => socket.resetAndDestroy(), 20);
}

function resetWithoutLength(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\n\r\n${ANSWER}`);
  setTimeout(() => socket.resetAndDestroy(), 20);
}

const HONEST: readonly [name: string, respond: Respond, options?: AnnounceOptions][] = [
  ['a plain answer', answer(ANSWER)],
  ['an answer until the connection ends', raw(`HTTP/1.1 200 OK\r\n\r\n${ANSWER}`)],
  ['HTTP/1.0', raw(`HTTP/1.0 200 OK\r\n\r\n${ANSWER}`)],
  ['chunks', raw(`${CHUNKED}${chunk(ANSWER.slice(0, 5))}${chunk(ANSWER.slice(5))}0\r\n\r\n`)],
  ['chunks and a trailer', raw(`${CHUNKED}${chunk(ANSWER)}0\r\nx: y\r\n\r\n`)],
  ['a connection kept open', hang(WHOLE)],
  ['gzip', answer(gzipSync(asBytes(ANSWER)), GZIP)],
  ['gzip by its old name', answer(gzipSync(asBytes(ANSWER)), 'content-encoding: X-GZIP\r\n')],
  ['deflate', answer(deflateSync(asBytes(ANSWER)), 'content-encoding: deflate\r\n')],
  ['an encoding that is none', answer(ANSWER, 'content-encoding: identity\r\n')],
  ['a body as long as the bound', answer(ANSWER), { maxBodyBytes: ANSWER.length }],
  ['gzip as long as the bound', answer(gzipSync(asBytes(ANSWER)), GZIP), { maxDecodedBytes: ANSWER.length }],
  ['any content type', answer(ANSWER, 'content-type: text/html\r\n')],
  ['a line after the answer', answer(`${ANSWER}\r\n`)],
  ['an interim answer first', raw(`HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${ANSWER}`)],
  [
    'every kind of interim answer first',
    raw(
      `HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 102 On\r\n\r\nHTTP/1.1 103 Hints\r\n__proto__: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${ANSWER}`,
    ),
  ],
  ['bytes after the answer', raw(`${WHOLE}more`)],
  ['another answer after the answer', raw(WHOLE + WHOLE)],
  ['headers named as an object is built', answer(ANSWER, '__proto__: x\r\nconstructor: y\r\n'.repeat(2))],
  ['the last of very many headers', answer(gzipSync(asBytes(ANSWER)), 'x:\r\n'.repeat(3_500) + GZIP)],
  ['status 201', answer(ANSWER, '', '201 Created')],
];

describe('announce(), whatever the tracker does,', () => {
  it.each(HOSTILE)('refuses %s', async (_name, respond, expected, options = {}) => {
    await using server = await startRaw(respond);
    const error: unknown = await announce(server.url, REQUEST, options).catch((reason: unknown) => reason);
    expect(TrackerError.is(error) && error.detail).toMatchObject({ tracker: server.url, ...expected });
    await server.allClosed();
    expect(server.connectionCount).toBe(1);
  });

  it.each(HONEST)('takes %s', async (_name, respond, options = {}) => {
    await using server = await startRaw(respond);
    const { peers, intervalMs } = await announce(server.url, REQUEST, options);
    expect(peers).toEqual([{ host: '192.0.2.7', port: 6881 }]);
    expect(intervalMs).toBe(900_000);
    await server.allClosed();
  });

  it('reads little of what has no end', async () => {
    await using server = await startRaw(endless('HTTP/1.1 200 OK\r\n\r\nd5:peers9999999:', BLOCK));
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    await server.allClosed();
    // What the kernel holds between two sockets comes on top of the bound.
    expect(server.sentBytes).toBeLessThan(12 * 2 ** 20);
  });

  it('unpacks little of what is a bomb', async () => {
    const bomb = gzipOf(200_000_000);
    await using server = await startRaw(answer(bomb, GZIP));
    const before = process.memoryUsage.rss();
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 2 ** 20);
  });
});
