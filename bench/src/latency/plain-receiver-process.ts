import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

// plain-receiver-process.ts HOST PORT FILE: writes what the plain sender sends.
const [host = '', port = '', path = ''] = process.argv.slice(2);
await pipeline(connect({ host, port: Number(port) }), createWriteStream(path));
