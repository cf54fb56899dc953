import type { DownloadEvent } from '@millrace/downloader';
import { foreign } from '../escape.ts';
import { messageOf } from '../report.ts';
import { formatDuration } from '../duration.ts';
import { countOf } from '../units.ts';
import { shownTracker } from './shown-tracker.ts';

/** Returns an event as a line for `--verbose`, or `undefined` for those that the progress itself shows. */
export function eventText(event: DownloadEvent): string | undefined {
  switch (event.type) {
    case 'announced': {
      const warning = event.warning === undefined ? '' : `; it warns: ${foreign(event.warning)}`;
      return `tracker ${shownTracker(event.tracker)} knows ${countOf(event.peers, 'peer')}${warning}`;
    }
    case 'metadata':
      return `the torrent is ${foreign(event.metainfo.name)}`;
    case 'announceFailed':
      return Number.isFinite(event.retryMs)
        ? `${messageOf(event.error)}; next try in ${formatDuration(event.retryMs)}`
        : `${messageOf(event.error)}; it is not asked again`;
    case 'peerConnected':
      return `peer ${foreign(event.peer)} connected (${event.origin})`;
    case 'dhtAnnounced':
      return `the DHT knows ${countOf(event.peers, 'peer')}`;
    case 'portMapped':
      return `the router lets peers in at ${event.transport} port ${event.port} (${event.way})`;
    case 'portMappingFailed':
      return messageOf(event.error);
    case 'peersFound':
      return event.origin === 'given' ? undefined : `${countOf(event.peers, 'new peer')} (${event.origin})`;
    case 'discoveryFailed':
      return event.origin === 'dht'
        ? `the DHT cannot be asked: ${messageOf(event.error)}`
        : `the local network cannot be asked: ${messageOf(event.error)}`;
    case 'peerDropped':
      return `peer ${foreign(event.peer)} dropped: ${messageOf(event.reason)}`;
    case 'peerBanned':
      return `peer ${foreign(event.peer)} is not asked again: its data failed the check`;
    case 'pieceRejected':
      return `piece ${event.index} failed the check and is fetched again; it came from ${event.peers.map((peer) => foreign(peer)).join(', ')}`;
    case 'pieceLost':
      return `piece ${event.index} was changed or taken away: it is not given any more`;
    case 'fileCompleted':
      return `file complete: ${event.path}`;
    case 'stateNotSaved':
      return `what is here cannot be remembered, so the next run has to check it: ${messageOf(event.error)}`;
    case 'checked':
    case 'pieceVerified':
    case 'completed':
      return undefined;
    default:
      return event satisfies never;
  }
}
