import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PayloadFile } from './swarm/payload.ts';

// bare-sender.ts PAYLOAD MANIFEST: sends a payload's files, one after the other, to whoever connects; prints the port.
const [payload = '', manifest = ''] = process.argv.slice(2);
const files: readonly PayloadFile[] = JSON.parse(readFileSync(manifest, 'utf8'));
const CHUNK_LENGTH = 1_048_576;

function* readFiles(): Generator<Uint8Array, void, void> {
  for (const { path, length } of files) {
    const file = openSync(join(payload, path), 'r');
    for (let offset = 0; offset < length;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_LENGTH, length - offset));
      const bytesRead = readSync(file, chunk);
      if (bytesRead === 0) throw new Error(`Cannot send ${path}: it is shorter than ${length} bytes`);
      offset += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
    closeSync(file);
  }
}

const server = createServer((socket) => {
  pipeline(readFiles, socket).catch(() => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify(address));
});
