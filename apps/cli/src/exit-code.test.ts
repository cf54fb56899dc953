import { DownloadError, type DownloadErrorDetail } from '@millrace/downloader';
import { describe, expect, it } from 'vitest';
import { EXIT_CODE, EXIT_MEANINGS, exitCodeOf } from './exit-code.ts';
import { Interruption } from './interruption.ts';
import { UsageError } from './usage-error.ts';

function named(name: string, code: string, more: object = {}): Error {
  return Object.assign(new Error('x'), { name, code }, more);
}

describe('exitCodeOf()', () => {
  it.each<[Error, number]>([
    [new UsageError('x'), 28],
    [named('BencodeError', 'UNEXPECTED_END'), 25],
    [named('MetainfoError', 'NOT_BENCODE'), 25],
    [named('MetainfoError', 'KEYS_NOT_SORTED'), 25],
    [named('MetainfoError', 'MISSING_FIELD'), 26],
    [named('MetainfoError', 'INVALID_PATH'), 26],
    [named('MetainfoError', 'INVALID_MAGNET'), 27],
    [named('MetainfoError', 'MISSING_FIELD', { detail: { field: 'magnet.xt' } }), 27],
    [named('MetainfoError', 'MISSING_FIELD', { detail: { field: 'info' } }), 26],
    [named('FetchError', 'TIMED_OUT'), 2],
    [named('FetchError', 'ENOTFOUND'), 19],
    [named('FetchError', 'HTTP_STATUS'), 6],
    [named('NoPeersError', 'NO_PEERS'), 3],
    [named('DhtError', 'NO_NODES'), 6],
    [named('DhtError', 'TIMED_OUT'), 2],
    [named('DhtError', 'NOT_RESOLVED'), 19],
    [named('DhtSearchError', 'NO_PEERS'), 3],
    [named('DhtSearchError', 'TIMED_OUT'), 2],
    [named('TrackerError', 'FAILURE'), 6],
    [named('TrackerError', 'REFUSED'), 6],
    [named('TrackerError', 'TIMED_OUT'), 2],
    [named('TrackerError', 'NOT_RESOLVED'), 19],
    [named('TrackerError', 'INVALID_URL'), 28],
    [named('PeerWireError', 'NOT_CONNECTED'), 6],
    [named('PeerWireError', 'INFO_HASH_MISMATCH'), 6],
    [named('PeerWireError', 'TIMED_OUT'), 2],
    [named('Error', 'ENOENT', { syscall: 'open' }), 17],
    [named('Error', 'EACCES', { syscall: 'mkdir' }), 18],
    [named('Error', 'EEXIST', { syscall: 'mkdir' }), 18],
    [named('Error', 'ENOSPC', { syscall: 'mkdir' }), 9],
    [named('Error', 'ENOSPC', { syscall: 'write' }), 9],
    [named('Error', 'EDQUOT', { syscall: 'write' }), 9],
    [named('Error', 'ECONNREFUSED', { syscall: 'connect' }), 6],
    [named('Error', 'ENOTFOUND', { syscall: 'getaddrinfo' }), 19],
    [named('Error', 'constructor'), 1],
    [named('MetainfoError', '__proto__'), 26],
    [new Error('x'), 1],
    [new Interruption('SIGINT'), 130],
    [new Interruption('SIGTERM'), 143],
  ])('answers %o with %d', (error, exitCode) => {
    expect(exitCodeOf(error)).toBe(exitCode);
  });

  it.each<[DownloadErrorDetail, number]>([
    [{ code: 'NO_SOURCES' }, 6],
    [{ code: 'NO_METADATA', waitedMs: 1, peersKnown: 0, peersReached: 0 }, 3],
    [{ code: 'EXISTS', path: 'x', found: 'a file' }, 13],
    [{ code: 'UNSAFE_TARGET', path: 'x', found: 'a link' }, 17],
    [{ code: 'NO_SPACE', path: 'x' }, 9],
    [{ code: 'NOT_WRITABLE', path: 'x' }, 17],
    [{ code: 'NAME_TOO_LONG', path: 'x' }, 17],
    [{ code: 'IO', path: 'x', system: 'EIO' }, 17],
    [{ code: 'PEER_CORRUPT', pieceIndex: 1 }, 32],
  ])('answers the download error %o with %d', (detail, exitCode) => {
    expect(exitCodeOf(new DownloadError(detail))).toBe(exitCode);
  });

  it('answers what is no error at all', () => {
    expect([exitCodeOf(undefined), exitCodeOf('x'), exitCodeOf({ code: 'ENOSPC' })]).toEqual([1, 1, 1]);
  });
});

describe('EXIT_MEANINGS', () => {
  it('explains every exit code once', () => {
    expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT_CODE));
  });
});
