import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { encodeLocalAnnounces, LOCAL_GROUPS } from '@millrace/local-discovery';
import { startSeeder, torrentOf, type SampleTorrent } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import { download } from './download.ts';

const [IPV4] = LOCAL_GROUPS;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A neighbour on this machine who says again and again that it has a torrent; nothing leaves the machine. */
async function announcing({ metainfo }: SampleTorrent, port: number): Promise<AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  socket.setMulticastTTL(1);
  const [datagram = ''] = encodeLocalAnnounces({ port, infoHashes: [metainfo.infoHash] }, IPV4);
  const repeat = setInterval(() => socket.send(datagram, IPV4.port, IPV4.address, () => {}), 50);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(repeat);
      socket.close();
      await once(socket, 'close');
    },
  };
}

async function sample(isPrivate: boolean) {
  const torrent = await torrentOf([{ path: 'sample', length: 200_000 }], { isPrivate });
  const { metainfo, payload } = torrent;
  const extensions = { metadata: metainfo.infoBytes };
  const seeder = await startSeeder({ metainfo, payload, fast: {}, extensions });
  return { torrent, seeder };
}

describe.skipIf(process.platform === 'win32')('download() with localDiscovery', () => {
  it('gets a magnet link and its files from a neighbour, and says where it was from', async () => {
    const { torrent, seeder } = await sample(false);
    onTestFinished(() => seeder[Symbol.asyncDispose]());
    const neighbour = await announcing(torrent, seeder.address.port);
    onTestFinished(() => neighbour[Symbol.asyncDispose]());
    const before = process.getActiveResourcesInfo();
    const events: DownloadEvent[] = [];
    const path = join(folder, 'sample');
    const { infoHash } = torrent.metainfo;
    const options = { localDiscovery: true, localAddress: '127.0.0.1', pex: false };
    const onEvent = (event: DownloadEvent): void => void events.push(event);
    const { files } = await download({ infoHash }, { path, ...options, onEvent }).done;
    expect(readFileSync(files[0] ?? '').equals(torrent.payload)).toBe(true);
    const found = events.find(({ type }) => type === 'peersFound');
    expect(found).toEqual({ type: 'peersFound', origin: 'lan', peers: 1 });
    const connected = events.filter((event) => event.type === 'peerConnected');
    expect(connected.map(({ origin }) => origin)).toEqual(['lan', 'lan']);
    // Sockets that are closed are listed until the end of the turn.
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap')).toEqual(
      before.filter((name) => name === 'UDPWrap'),
    );
  });

  it('has no source for a private torrent', async () => {
    const { torrent, seeder } = await sample(true);
    onTestFinished(() => seeder[Symbol.asyncDispose]());
    const neighbour = await announcing(torrent, seeder.address.port);
    onTestFinished(() => neighbour[Symbol.asyncDispose]());
    const options = { path: join(folder, 'sample'), localDiscovery: true, localAddress: '127.0.0.1' };
    const failed = download(torrent.metainfo, options).done;
    await expect(failed).rejects.toSatisfy((error) => DownloadError.is(error) && error.code === 'NO_SOURCES');
  });
});
