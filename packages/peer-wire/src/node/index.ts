export { listenTcp, type IncomingTcp, type ListenOptions, type TcpListener } from './listen-tcp.ts';
export { probeHandshake } from './probe-handshake.ts';
export { connectTcp, tcpStream, type ConnectOptions, type TcpAddress } from './tcp.ts';
