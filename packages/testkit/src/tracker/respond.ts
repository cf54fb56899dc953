import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { encode } from '@millrace/bencode';
import { encodeAnswer, type Answer } from './answer.ts';
import type { TrackerMisbehaviour } from './misbehaviour.ts';

const BLOCK = new Uint8Array(65_536).fill(0x61);

/** Sends an answer as it should be. */
export function respond(response: ServerResponse, body: Uint8Array, gzip: boolean): void {
  response.setHeader('content-type', 'text/plain');
  if (gzip) {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(body));
  } else {
    response.end(body);
  }
}

/** Does to a response what `misbehaviour` says; `answer` is what an honest tracker would have said. */
export async function misrespond(
  response: ServerResponse,
  misbehaviour: TrackerMisbehaviour,
  answer: Answer,
  compact: boolean,
): Promise<void> {
  switch (misbehaviour.type) {
    case 'failure':
      return respond(response, encode({ 'failure reason': misbehaviour.reason }), false);
    case 'status':
      response.writeHead(misbehaviour.status, { 'content-type': 'text/html' });
      return void response.end(misbehaviour.body ?? '<h1>Sorry</h1>');
    case 'body':
      response.writeHead(200, { ...misbehaviour.headers });
      return void response.end(misbehaviour.body);
    case 'infiniteBody':
      return endless(response, new TextEncoder().encode('d8:intervali1800e5:peers99999999999:'));
    case 'infiniteHeader':
      return endlessHeader(response);
    case 'gzipBomb':
      return gzipBomb(response, misbehaviour.unpackedLength);
    case 'drip':
      return drip(response, encodeAnswer(answer, compact), misbehaviour.everyMs);
    case 'silent':
      return;
    case 'reset':
      return void response.socket?.resetAndDestroy();
    case 'cutBody':
      return cut(response, encodeAnswer(answer, compact), misbehaviour.sentLength);
    case 'redirectLoop':
      return redirect(response, misbehaviour.status, response.req.url ?? '/announce');
    case 'redirect':
      return redirect(response, misbehaviour.status, misbehaviour.location);
    case 'interval':
      return respond(response, encodeAnswer({ ...answer, interval: misbehaviour.interval }, compact), false);
    case 'peers':
      return respond(response, encodeAnswer({ ...answer, peers: misbehaviour.peers }, compact), false);
    case 'compactPeers':
      return respond(response, encode({ interval: answer.interval, peers: misbehaviour.bytes }), false);
    case 'nested':
      return void response.end(new Uint8Array(misbehaviour.depth).fill(0x6c));
  }
}

function redirect(response: ServerResponse, status = 302, location: string): void {
  response.writeHead(status, { location });
  response.end();
}

/** Writes for as long as the client reads. */
async function endless(response: ServerResponse, start: Uint8Array): Promise<void> {
  response.writeHead(200);
  await untilClosed(
    pipeline(
      Readable.from(
        (function* forever() {
          yield start;
          for (;;) yield BLOCK;
        })(),
        { objectMode: false },
      ),
      response,
    ),
  );
}

async function endlessHeader(response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (socket === null) return;
  socket.write('HTTP/1.1 200 OK\r\n');
  await untilClosed(
    pipeline(
      Readable.from(
        (function* forever() {
          for (let count = 0; ; count += 1) yield Buffer.from(`x-${count}: ${'a'.repeat(1000)}\r\n`);
        })(),
        { objectMode: false },
      ),
      socket,
    ),
  );
}

async function gzipBomb(response: ServerResponse, unpackedLength: number): Promise<void> {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  await untilClosed(
    pipeline(
      Readable.from(
        (function* bomb() {
          yield new TextEncoder().encode(`d5:peers${unpackedLength}:`);
          for (let length = 0; length < unpackedLength; length += BLOCK.length) yield BLOCK;
        })(),
        { objectMode: false },
      ),
      createGzip(),
      response,
    ),
  );
}

async function drip(response: ServerResponse, body: Uint8Array, everyMs: number): Promise<void> {
  response.writeHead(200, { 'content-length': body.length });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
    if (sent === body.length) response.end();
  }, everyMs);
  await new Promise((resolve) => response.once('close', resolve));
  clearInterval(timer);
}

function cut(response: ServerResponse, body: Uint8Array, sentLength: number): void {
  response.writeHead(200, { 'content-length': body.length });
  response.write(body.subarray(0, sentLength), () => response.destroy());
}

/** That the client hangs up is how these end. */
async function untilClosed(sending: Promise<void>): Promise<void> {
  await sending.catch(() => {});
}
