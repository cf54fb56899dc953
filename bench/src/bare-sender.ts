import { createReadStream } from 'node:fs';
import { createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';

// bare-sender.ts FILE: sends a file to whoever connects, and prints the port.
const [path = ''] = process.argv.slice(2);
const server = createServer((socket) => {
  pipeline(createReadStream(path, { highWaterMark: 1_048_576 }), socket).catch(() => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify(address));
});
