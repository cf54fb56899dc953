import { createServer, type AddressInfo } from 'node:net';
import { CrowdConnection, type PeerReport } from './crowd-connection.ts';
import { FramedPayload } from './framed-payload.ts';
import type { CrowdReport } from './crowd.ts';
import { SendPace } from './send-pace.ts';

// crowd-process.ts FILE SIZE PIECE_LENGTH COUNT RATE: so many seeders, each at an address of its own in 127.0.0.0/8, all
// at the port that is printed. They choke until the last of them is connected; then all unchoke at once. Together
// they send RATE bytes a second, 0 is as many as they can. When all have been hung up on, what they did is printed, and
// the process ends.
const [path = '', size = '', pieceLength = '', count = '', rate = ''] = process.argv.slice(2);
const payload = new FramedPayload(path, Number(size), Number(pieceLength));
const pace = rate === '0' ? undefined : new SendPace(Number(rate));
const reports = new Map<string, PeerReport>();
const open = new Set<CrowdConnection>();
let hasBegun = false;
let startMs = 0;
let cpuAtStart = process.cpuUsage();

const server = createServer((socket) => {
  const address = socket.localAddress ?? '';
  const report = reports.get(address) ?? { reads: 0, requests: 0, sentLength: 0 };
  reports.set(address, report);
  const connection = new CrowdConnection(socket, { payload, pace, report, onOpen: add });
  socket.once('close', () => {
    open.delete(connection);
    if (hasBegun && open.size === 0) end();
  });
});

function add(connection: CrowdConnection): void {
  open.add(connection);
  if (hasBegun) connection.unchoke();
  else if (open.size === Number(count)) begin();
}

function begin(): void {
  hasBegun = true;
  startMs = performance.now();
  cpuAtStart = process.cpuUsage();
  for (const connection of open) connection.unchoke();
}

function end(): void {
  const { user, system } = process.cpuUsage(cpuAtStart);
  const report: CrowdReport = {
    transferSeconds: (performance.now() - startMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    peers: [...reports.values()],
  };
  console.log(JSON.stringify(report));
  server.close();
}

server.listen({ port: 0, host: '0.0.0.0', backlog: 1024 }, () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has one once it listens
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
