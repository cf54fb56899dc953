import type { DownloadEvent } from '@millrace/downloader';
import { describe, expect, it } from 'vitest';
import { eventText } from './event-text.ts';

describe('eventText()', () => {
  it.each<[DownloadEvent, string | undefined]>([
    [
      { type: 'announced', tracker: 'https://user:word@t.example:8443/p4ss/announce?key=1', peers: 2 },
      'tracker https://t.example:8443 knows 2 peers',
    ],
    [
      { type: 'announced', tracker: 'http://t.example/', peers: 1, warning: 'slow\u001b[2J' },
      'tracker http://t.example knows 1 peer; it warns: slow\\u{1b}[2J',
    ],
    [
      { type: 'announced', tracker: '\u001b', peers: 0 },
      'tracker with an address that cannot be read knows 0 peers',
    ],
    [
      { type: 'announceFailed', tracker: 'http://t.example/', error: new Error('no'), retryMs: 30_000 },
      'no; next try in 30s',
    ],
    [
      { type: 'announceFailed', tracker: 'http://t.example/', error: new Error('no'), retryMs: Infinity },
      'no; it is not asked again',
    ],
    [{ type: 'peerConnected', peer: '[::1]:1', origin: 'dht' }, 'peer [::1]:1 connected (dht)'],
    [{ type: 'peersFound', origin: 'pex', peers: 2 }, '2 new peers (pex)'],
    [{ type: 'peersFound', origin: 'given', peers: 2 }, undefined],
    [
      { type: 'portMapped', transport: 'tcp', port: 7, way: 'upnp' },
      'the router lets peers in at tcp port 7 (upnp)',
    ],
    [{ type: 'portMappingFailed', error: new Error('no router') }, 'no router'],
    [{ type: 'dhtAnnounced', peers: 1 }, 'the DHT knows 1 peer'],
    [
      { type: 'discoveryFailed', origin: 'lan', error: new Error('no') },
      'the local network cannot be asked: no',
    ],
    [{ type: 'peerDropped', peer: '[::1]:1', reason: new Error('late') }, 'peer [::1]:1 dropped: late'],
    [{ type: 'peerBanned', peer: '[::1]:1' }, 'peer [::1]:1 is not asked again: its data failed the check'],
    [
      { type: 'pieceRejected', index: 7, peers: ['192.0.2.7:1', '192.0.2.8:1'] },
      'piece 7 failed the check and is fetched again; it came from 192.0.2.7:1, 192.0.2.8:1',
    ],
    [{ type: 'fileCompleted', index: 0, path: 'a/b' }, 'file complete: a/b'],
    [{ type: 'pieceVerified', index: 7, bytesLeft: 0 }, undefined],
    [{ type: 'completed', bytes: 1 }, undefined],
  ])('tells %o as %j', (event, text) => {
    expect(eventText(event)).toBe(text);
  });
});
