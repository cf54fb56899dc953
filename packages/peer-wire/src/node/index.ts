export { probeHandshake } from './probe-handshake.ts';
export { connectTcp, tcpStream, type ConnectOptions, type TcpAddress } from './tcp.ts';
