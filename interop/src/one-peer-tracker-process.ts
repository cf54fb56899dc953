import { createServer } from 'node:http';

// one-peer-tracker-process.ts HOST PORT PEER_PORT: tells everyone of one peer on this host, but not that one of anyone.
const [host = '', port = '', peerPort = ''] = process.argv.slice(2);
const peer = Buffer.from([...host.split('.').map(Number), Number(peerPort) >>> 8, Number(peerPort) & 0xff]);

createServer((request, response) => {
  const peers = request.socket.remoteAddress === host ? Buffer.alloc(0) : peer;
  const head = `d8:intervali1800e5:peers${peers.length}:`;
  response.end(Buffer.concat([Buffer.from(head), peers, Buffer.from('e')]));
}).listen(Number(port), host, () => console.log('listening'));
