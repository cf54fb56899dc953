import { Socket, type SocketConstructorOpts } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { tcpStream } from './tcp.ts';
import { TcpStream, readBuffer } from './tcp-stream.ts';

/** What Node's own server hands to the sockets that it makes, and has no public name for. */
const HANDLE = '_handle';
interface WithHandle {
  [HANDLE]?: SocketConstructorOpts['handle'] | null;
}

/**
 * Makes a stream of a paused socket that a server accepted. Such a socket allocates memory for every read, unlike one
 * that we connect: `onread` can be given to a constructor only, and a server calls its own. So the connection is moved to
 * a socket of ours, which takes less than half the processor time per byte received. A Node that works otherwise inside
 * gets the slower way.
 */
export function adoptSocket(accepted: Socket, handler: ByteStreamHandler): ByteStream {
  const inner: Socket & WithHandle = accepted;
  const handle = inner[HANDLE];
  if (handle === undefined || handle === null) {
    const slow = tcpStream(accepted, handler);
    accepted.resume();
    return slow;
  }
  inner[HANDLE] = null;
  // The server counts it as ended; without a handle, nothing else happens.
  accepted.destroy();
  let stream: TcpStream | undefined;
  const options: SocketConstructorOpts = {
    handle,
    onread: {
      buffer: readBuffer,
      callback: (length: number) => {
        stream?.take(length);
        return true;
      },
    },
  };
  const socket = new Socket(options);
  stream = new TcpStream(socket, handler);
  socket.read(0);
  return stream;
}
