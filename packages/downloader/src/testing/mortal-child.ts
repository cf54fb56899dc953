import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

// A process of its own that dies before, in or after its n-th change to the file system, if it is not killed before:
// `mortal-child.ts <torrent> <host:port> <path> <state folder> <n> [early]`. Says which pieces it found, and how it ended.
const [torrent = '', peer = '', target = '', folder = '', deadly = '', early] = process.argv.slice(2);
let left = Number(deadly);
/** Whether the system dies with it: of what was not synced, some never reaches the disk, but the times of it do. */
const losesPower = process.env['MORTAL_LOSES_POWER'] === 'yes';

/** Counts a change. A write may be done by half when it ends all. */
function spend(half: () => void): void {
  left -= 1;
  if (left !== 0) return;
  half();
  if (losesPower) losePower();
  process.kill(process.pid, 'SIGKILL');
}

const { writeSync, renameSync, fsync, closeSync, readFileSync } = fs;

interface OldBytes {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** By file: a descriptor of our own, and what was there before each write that has not been synced. */
const unsynced = new Map<bigint, { readonly fd: number; writes: OldBytes[] }>();
const inodeOf = (fd: number): bigint => fs.fstatSync(fd, { bigint: true }).ino;

function remember(fd: number, position: number, length: number): void {
  const inode = inodeOf(fd);
  const file = unsynced.get(inode) ?? { fd: fs.openSync(`/proc/self/fd/${fd}`, 'r+'), writes: [] };
  unsynced.set(inode, file);
  const bytes = new Uint8Array(length); // what is not there yet would read as zeros
  fs.readSync(file.fd, bytes, 0, length, position);
  file.writes.push({ position, bytes });
}

function losePower(): void {
  const reference = `${folder}.reference`;
  let chance = Number(deadly);
  for (const { fd, writes } of unsynced.values()) {
    const path = `/proc/${process.pid}/fd/${fd}`;
    execFileSync('touch', ['-r', path, reference]);
    for (const { bytes, position } of writes.toReversed()) {
      chance = (chance * 1_103_515_245 + 12_345) % 2 ** 31;
      if (chance > 2 ** 30) writeSync(fd, bytes, 0, bytes.length, position);
    }
    execFileSync('touch', ['-m', '-r', reference, path]); // to the nanosecond
  }
}

fs.writeSync = ((fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
  if (losesPower) remember(fd, position, length);
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
fs.fsync = ((fd: number, done: (error: Error | null) => void) => {
  spend(() => {});
  const file = unsynced.get(inodeOf(fd));
  const reached = new Set(file?.writes);
  fsync(fd, (error) => {
    if (file !== undefined) file.writes = file.writes.filter((write) => !reached.has(write));
    done(error);
  });
}) as typeof fs.fsync;
const bootId = process.env['MORTAL_BOOT'] ?? '';
fs.readFileSync = ((path: unknown, ...more: []) =>
  String(path).endsWith('boot_id')
    ? bootId
    : readFileSync(path as string, ...more)) as typeof fs.readFileSync;
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

// However slow the machine is, no job takes so long that it goes to another thread, where nothing is counted.
const now = performance.now.bind(performance);
if (left > 0) performance.now = () => now() / 1_000;

const say = (text: string): void => void writeSync(1, `${text}\n`);
const [{ parseMetainfo }, { parsePeerAddress }, { download }] = await Promise.all([
  import('@millrace/metainfo'),
  import('@millrace/tracker-client'),
  import('../node/download.ts'),
]);
say('begun');
const running = download(parseMetainfo(fs.readFileSync(torrent)), {
  path: target,
  state: { folder, intervalMs: Number(process.env['MORTAL_INTERVAL']) },
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
