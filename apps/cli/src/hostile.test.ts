import { DownloadError, type DownloadEvent } from '@millrace/downloader';
import { describe, expect, it } from 'vitest';
import { fakeDownload } from './testing/fake-layers.ts';
import { withoutOwnSequences } from './testing/own-sequences.ts';
import { runMain } from './testing/run-main.ts';
import { sampleTorrent } from './testing/torrent.ts';

/** Clears the screen, sets the title, reverses text, hides it, and is not even text. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egpj.exe\u200b\u0000\r\n\u007f';
const EVIL_BYTES = Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a, 0xff, 0x9b, 0xc2, 0x9b, 0x0a);

const TORRENTS = [
  { name: EVIL },
  { name: EVIL_BYTES },
  { name: 'a', announce: `http://t.example/${EVIL}` },
  { name: EVIL, files: [{ path: [EVIL, EVIL], length: 40_000 }] },
  {
    name: 'a',
    more: { comment: EVIL, 'created by': EVIL, 'url-list': [EVIL], 'announce-list': [[EVIL], [EVIL]] },
  },
] as const;

const FAILURE = Object.assign(new Error(EVIL), { name: EVIL, code: EVIL, cause: new Error(EVIL) });

const EVENTS: readonly DownloadEvent[] = [
  { type: 'announced', tracker: EVIL, peers: 1, warning: EVIL },
  { type: 'announceFailed', tracker: EVIL, error: FAILURE, retryMs: 1 },
  { type: 'peerConnected', peer: EVIL, origin: 'dht' },
  { type: 'peerDropped', peer: EVIL, reason: FAILURE },
  { type: 'peerBanned', peer: EVIL },
  { type: 'pieceRejected', index: 0, peers: [EVIL] },
  { type: 'fileCompleted', index: 0, path: EVIL },
];

/** Everything but line breaks that a terminal would act on. */
const UNSAFE = /[^\n\P{C}]|[\p{Zl}\p{Zp}\u200b]/u;
describe('hostile text', () => {
  it.each([
    ['info', '-'],
    ['info', '--json', '-'],
    ['download', '-'],
    ['download', '--json', '-'],
    ['download', '--verbose', '-'],
    ['--debug', 'download', '-'],
  ])('of a torrent, tracker or peer is never printed raw: %s %s', async (...argv) => {
    for (const torrent of TORRENTS) {
      for (const end of [
        undefined,
        { error: FAILURE },
        { error: new DownloadError({ code: 'IO', path: EVIL, system: EVIL }) },
      ]) {
        const layers = fakeDownload(end === undefined ? { events: EVENTS } : { events: EVENTS, end });
        const { out, err } = await runMain(argv, { stdin: sampleTorrent(torrent), layers });
        expect(out).not.toMatch(UNSAFE);
        expect(err).not.toMatch(UNSAFE);
        expect((out + err).length).toBeGreaterThan(0);
      }
    }
  });

  it('is not printed raw in the live display', async () => {
    const layers = fakeDownload({ events: EVENTS });
    for (const torrent of TORRENTS) {
      for (const argv of [
        ['download', '-'],
        ['download', '-v', '-'],
      ]) {
        const { out, err } = await runMain(argv, { stdin: sampleTorrent(torrent), layers, isTerminal: true });
        expect(out).not.toMatch(UNSAFE);
        expect(withoutOwnSequences(err)).not.toMatch(UNSAFE);
      }
    }
  });

  it('of a bencoded value is not printed raw', async () => {
    for (const argv of [
      ['decode', '-'],
      ['info', '-'],
    ]) {
      const { out, err } = await runMain(argv, { stdin: new TextEncoder().encode(`d4:${EVIL}`) });
      expect(out + err).not.toMatch(UNSAFE);
    }
  });
});
