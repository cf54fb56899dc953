import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { encodeMessage, encodePieceHeader } from './encode.ts';
import { encodeHandshake } from './handshake.ts';
import { tcpStream } from './node/tcp.ts';
import { PeerSession } from './session.ts';
import { Chat } from './testing/chat.ts';
import { Pair } from './testing/client.ts';
import { Loopback } from './testing/loopback.ts';
import { counting, handshakeOf } from './testing/messages.ts';

const PACKAGE = new URL('..', import.meta.url);
const BLOCK = counting(16_384, 3);

/** A peer that has one block and gives it to who asks. */
function seed(): Promise<Loopback> {
  return Loopback.open((socket) => {
    const session = new PeerSession({ handshake: handshakeOf(1, 9), pieceCount: 3, nowMs: 0 });
    const stream = tcpStream(socket, {
      onBytes: (chunk) =>
        session.receive(chunk, 0, {
          onHandshake: () => stream.write([encodeHandshake(handshakeOf(1, 9))]),
          blockTarget: () => undefined,
          onMessage(message) {
            if (message.type === 'interested') stream.write([encodeMessage({ type: 'unchoke' })]);
            if (message.type !== 'request') return;
            stream.write([encodePieceHeader(message.index, message.begin, message.length), BLOCK]);
          },
        }),
      onDrained() {},
      onClose() {},
    });
  });
}

async function readmeExamples(): Promise<readonly string[]> {
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  return [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, example = '']) => example);
}

it('runs the example of the README against a peer', async () => {
  const [example] = await readmeExamples();
  await using seeder = await seed();
  const use = `
    import { infoHash } from '@millrace/metainfo';
    const block = await fetchBlock(${JSON.stringify(seeder.address)}, infoHash(new Uint8Array(20).fill(1)), 3);
    console.log(block.every((byte, at) => byte === ((at + 3) & 0xff)), block.length);`;
  const flags = [
    '--conditions=@millrace/source',
    '--input-type=module-typescript',
    '--eval',
    `${example}${use}`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE });
  expect(stdout).toBe('true 16384\n');
});

it('runs the extension of the README between two sessions', async () => {
  const [, example] = await readmeExamples();
  const source = await readFile(new URL('src/testing/chat.ts', PACKAGE), 'utf8');
  expect(example).toBe(source.replace('../extension/extension.ts', '@millrace/peer-wire'));
  const heard: string[] = [];
  const [ours, theirs] = [new Chat(), new Chat()];
  theirs.onLine = (line) => heard.push(line);
  const pair = new Pair({ extensions: [ours] }, { extensions: [theirs] });
  expect(ours.say('hello')).toBe(true);
  pair.settle();
  expect(heard).toEqual(['hello']);
});
