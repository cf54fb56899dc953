import { startStaticTracker } from '../static-tracker.ts';

// tracker-process.ts HOST PORT PEER_HOST PEER_PORT: a tracker for those in its own namespace.
const [host = '', port = '', peerHost = '', peerPort = ''] = process.argv.slice(2);
const tracker = await startStaticTracker({ host, port: Number(port), peerHost });
tracker.peerPorts = [Number(peerPort)];
console.log('ready');
