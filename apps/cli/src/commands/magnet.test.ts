import { peerId, parseMetainfo } from '@millrace/metainfo';
import type { SwarmOptions, TorrentSource } from '@millrace/downloader/node';
import { describe, expect, it } from 'vitest';
import { fakeDownloader } from '../testing/fake-layers.ts';
import { runMain } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

const HASH = 'd69f91e6b2ae4c542468d1073a71d4ea13879a7f';
const TRACKER = 'http://tracker.example/announce';
const LINK = `magnet:?xt=urn:btih:${HASH}&dn=a&tr=${encodeURIComponent(TRACKER)}`;

describe('millrace magnet_parse', () => {
  it('prints tracker and info hash', async () => {
    expect(await runMain(['magnet_parse', LINK])).toEqual({
      exitCode: 0,
      out: `Tracker URL: ${TRACKER}\nInfo Hash: ${HASH}\n`,
      err: '',
    });
  });

  it('shows nothing that a terminal acts on', async () => {
    const { out } = await runMain(['magnet_parse', `magnet:?xt=urn:btih:${HASH}&tr=http://a/%1b%5b2J`]);
    expect(out).toBe(`Tracker URL: http://a/\\u{1b}[2J\nInfo Hash: ${HASH}\n`);
  });
});

describe('millrace magnet_handshake', () => {
  function answering(extensions: ReadonlyMap<string, number> | undefined): ReturnType<typeof fakeDownloader> {
    const extended = extensions && {
      isKnown: true,
      extensions,
      version: undefined,
      requestQueueLength: undefined,
      yourIp: undefined,
      metadataSize: undefined,
      port: undefined,
      uploadOnly: false,
      ignored: [],
    };
    return fakeDownloader({
      probePeer: (source) =>
        Promise.resolve({
          peer: '192.0.2.7:1',
          handshake: {
            infoHash: source.infoHash,
            peerId: peerId(new Uint8Array(20).fill(0xab)),
            reserved: new Uint8Array(8),
          },
          extended,
        }),
    });
  }

  it.each([
    [new Map([['ut_metadata', 123]]), '123'],
    [new Map([['ut_pex', 1]]), 'none'],
    [undefined, 'none'],
  ])('prints who answers, and the id of the extension: %o', async (extensions, id) => {
    expect(await runMain(['magnet_handshake', LINK], { layers: answering(extensions) })).toEqual({
      exitCode: 0,
      out: `Peer ID: ${'ab'.repeat(20)}\nPeer Metadata Extension ID: ${id}\n`,
      err: '',
    });
  });

  it('gives up after --timeout', async () => {
    const layers = fakeDownloader({
      probePeer: (_, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        }),
    });
    const result = await runMain(['magnet_handshake', '--timeout', '1ms', LINK], { layers });
    expect(result).toMatchObject({ exitCode: 3, out: '' });
  });
});

describe('millrace magnet_info', () => {
  it('prints of a link what info prints of its torrent', async () => {
    const torrent = sampleTorrent({ announce: TRACKER });
    const asked: [TorrentSource, SwarmOptions | undefined][] = [];
    const layers = fakeDownloader({
      fetchMetainfo: (source, options) => {
        asked.push([source, options]);
        return Promise.resolve({ ...parseMetainfo(torrent), tiers: [] });
      },
    });
    const argv = ['-p', '192.0.2.7:1', '-t', 'udp://b.example:1', '--no-pex', '--bind', '127.0.0.1', LINK];
    const ofLink = await runMain(['magnet_info', ...argv], { layers });
    const ofTorrent = await runMain(['info', '-'], { stdin: torrent });
    expect(ofLink).toMatchObject({ exitCode: 0, out: ofTorrent.out });
    expect(asked[0]?.[1]).toMatchObject({
      peers: [{ host: '192.0.2.7', port: 1 }],
      trackers: [['udp://b.example:1'], [TRACKER]],
      pex: false,
      localAddress: '127.0.0.1',
      metadataTimeoutMs: 60_000,
    });
  });
});

describe('millrace magnet', () => {
  it('prints a link that names what the torrent names', async () => {
    const { out } = await runMain(['magnet', '-'], { stdin: sampleTorrent({ announce: TRACKER }) });
    expect(out).toMatch(
      /^magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=sample\.bin&xl=40000&tr=http%3A%2F%2Ftracker\.example%2Fannounce\n$/u,
    );
    const bare = await runMain(['magnet', '--no-trackers', '-'], { stdin: sampleTorrent() });
    expect(bare.out).not.toContain('tr=');
  });
});
