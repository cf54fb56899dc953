import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// A process of its own that dies before, in or after its n-th change to the file system, if it is not killed before:
// `mortal-child.ts <torrent> <host:port> <path> <state folder> <n> [early]`. Says which pieces it found, and how it ended.
const [torrent = '', peer = '', path = '', folder = '', deadly = '', early] = process.argv.slice(2);
let left = Number(deadly);

/** Counts a change. A write may be done by half when it ends all. */
function spend(half: () => void): void {
  left -= 1;
  if (left !== 0) return;
  half();
  process.kill(process.pid, 'SIGKILL');
}

const { writeSync, renameSync, fsync, closeSync } = fs;
fs.writeSync = ((fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
  spend(() => writeSync(fd, bytes, offset, length >> 1, position));
  return writeSync(fd, bytes, offset, length, position);
}) as typeof fs.writeSync;
fs.renameSync = (from, to) => {
  spend(() => {});
  renameSync(from, to);
  spend(() => {});
};
fs.closeSync = (fd) => {
  spend(() => {});
  closeSync(fd);
};
fs.fsync = ((fd: number, done: () => void) => {
  spend(() => {});
  fsync(fd, done);
}) as typeof fs.fsync;
const { open, rename } = fs.promises;
fs.promises.rename = async (from, to) => {
  spend(() => {});
  await rename(from, to);
  spend(() => {});
};
fs.promises.open = async (...given) => {
  const file = await open(...given);
  const write = file.writeFile.bind(file);
  file.writeFile = async (bytes) => {
    const half = bytes instanceof Uint8Array ? bytes.subarray(0, bytes.length >> 1) : new Uint8Array(0);
    spend(() => writeSync(file.fd, half));
    await write(bytes);
    spend(() => {});
  };
  return file;
};
syncBuiltinESMExports();

const say = (text: string): void => void writeSync(1, `${text}\n`);
const [{ parseMetainfo }, { parsePeerAddress }, { download }] = await Promise.all([
  import('@millrace/metainfo'),
  import('@millrace/tracker-client'),
  import('../node/download.ts'),
]);
say('begun');
const running = download(parseMetainfo(fs.readFileSync(torrent)), {
  path,
  state: { folder, intervalMs: 10 },
  peers: [parsePeerAddress(peer)],
  trackers: [],
  partFiles: early === undefined,
  listen: false,
  memoryBytes: 262_144,
  onEvent: (event) => {
    if (event.type !== 'checked') return;
    const there = Array.from(running.pieceStates().entries()).flatMap(([at, state]) =>
      state === 2 ? [at] : [],
    );
    say(`found ${event.bytesChecked} ${there.join(',')}`);
  },
});
try {
  await running.done;
  say('done');
} catch (error) {
  say(`failed ${String(error)}`);
}
