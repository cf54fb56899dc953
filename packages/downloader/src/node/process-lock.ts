import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DownloadError } from '../error.ts';
import { NO_FOLLOW } from './safe-open.ts';

/** Of macOS and BSD: the file is locked as long as it is open. Node names no such flag. */
const EXCLUSIVE_LOCK = 0x20;
const ANSWER_MS = 1_000;
const MAX_TRIES = 5;
const MAX_ANSWER_LENGTH = 20;

/** Something that the system lets go of when its process ends, however it ends. */
interface Held {
  release(): Promise<void>;
}

/**
 * Sees to it that one process is at a download at a time. The lock is one that the kernel drops when its process dies, so
 * there is none that is stale: a name that a local socket listens on, or, on macOS and BSD, a file that is locked. Processes
 * that share files but no network namespace, as in two containers, do not see each other's.
 */
export class ProcessLock {
  readonly #name: string;
  readonly #path: string;
  #held: Held | undefined;

  /**
   * @param name - Letters and digits that stand for the download.
   * @param path - What errors call it.
   */
  constructor(name: string, path: string) {
    this.#name = name;
    this.#path = path;
  }

  /** @throws {DownloadError} `LOCKED` if another process, or another download of this one, has it. */
  async acquire(): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const answer = await hold(this.#name);
      if (typeof answer === 'object') {
        this.#held = answer;
        return;
      }
      // Whoever had it may be gone by now.
      if (answer !== 'gone') throw new DownloadError({ code: 'LOCKED', path: this.#path, processId: answer });
    }
    throw new DownloadError({ code: 'LOCKED', path: this.#path, processId: undefined });
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.release();
  }
}

/** Answers with the lock, or with the process that has it, if that is known. */
type Answer = Held | number | undefined | 'gone';

const BSD: ReadonlySet<string> = new Set(['darwin', 'freebsd', 'netbsd', 'openbsd']);

async function hold(name: string): Promise<Answer> {
  const { platform } = process;
  if (platform === 'linux' || platform === 'android') return holdName(`\0millrace-${name}`);
  if (platform === 'win32') return holdName(`\\\\.\\pipe\\millrace-${name}`);
  if (BSD.has(platform)) return holdFile(join(tmpdir(), `millrace-${name}.lock`));
  return { release: () => Promise.resolve() }; // the others have nothing of the kind that Node can reach
}

async function holdName(path: string): Promise<Answer> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // who asked did not wait for the answer
    socket.end(String(process.pid));
  });
  try {
    await listen(server, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return askWho(path);
    throw error;
  }
  server.unref();
  return { release: () => new Promise((resolve) => void server.close(() => resolve())) };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, exclusive: true }, resolve);
  });
}

function askWho(path: string): Promise<number | undefined | 'gone'> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ path });
    socket.setEncoding('latin1').setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > MAX_ANSWER_LENGTH) socket.destroy();
    });
    socket.on('error', () => resolve('gone'));
    socket.on('close', () => resolve(/^\d{1,10}$/u.test(text) ? Number(text) : undefined));
  });
}

function holdFile(path: string): Promise<Answer> {
  const flags =
    constants.O_RDWR | constants.O_CREAT | NO_FOLLOW | EXCLUSIVE_LOCK | (constants.O_NONBLOCK ?? 0);
  let fd: number;
  try {
    fd = openSync(path, flags, 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    const processId = Number(readFileSync(path, 'latin1'));
    return Promise.resolve(Number.isSafeInteger(processId) && processId > 0 ? processId : undefined);
  }
  ftruncateSync(fd);
  writeSync(fd, String(process.pid));
  return Promise.resolve({
    release() {
      closeSync(fd);
      return Promise.resolve();
    },
  });
}
