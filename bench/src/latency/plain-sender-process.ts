import { createReadStream } from 'node:fs';
import { createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';

// plain-sender-process.ts HOST PORT FILE: sends the file to whoever connects.
const [host = '', port = '', path = ''] = process.argv.slice(2);
const server = createServer((socket) => {
  pipeline(createReadStream(path, { highWaterMark: 1_048_576 }), socket).catch((error: unknown) => {
    console.error(error);
  });
});
server.listen(Number(port), host, () => console.log('ready'));
