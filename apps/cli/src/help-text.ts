import { EXIT_MEANINGS } from './exit-code.ts';

export const EXAMPLES = `Examples:
  millrace download debian.torrent              into the current folder
  millrace download -o ~/Downloads/ a.torrent   into that folder
  millrace download --json a.torrent            for a program to follow
  millrace download 'magnet:?xt=urn:btih:…'     from a magnet link: quote it
  millrace download --list a.torrent            its files, with their numbers
  millrace download -s '*.mkv' -x '*sample*' a.torrent
  millrace info https://example.org/a.torrent   what is in it
  millrace create -t http://tracker.example/announce folder
  millrace verify a.torrent                     is it all there?`;

export const EXIT_CODES_HELP: string = [
  'Exit codes:',
  ...EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`),
  '  130, 143  stopped by Ctrl-C or SIGTERM: at once, or with nothing to go on with',
].join('\n');
