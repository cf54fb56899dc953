import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from './exit-code.ts';
import { Interruption } from './interruption.ts';
import { runMain } from './testing/run-main.ts';
import { readVersion } from './version.ts';

describe('millrace', () => {
  it('prints its version on one line', async () => {
    expect(await runMain(['--version'])).toEqual({
      exitCode: 0,
      out: `millrace ${readVersion()}\n`,
      err: '',
    });
  });

  it('prints help with examples and every exit code', async () => {
    const { exitCode, out, err } = await runMain(['--help']);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('Examples:\n  millrace download');
    for (const [code, meaning] of EXIT_MEANINGS) expect(out).toContain(`  ${code}  ${meaning}\n`);
  });

  it('prints the help of each command', async () => {
    for (const command of [
      'download',
      'seed',
      'create',
      'verify',
      'edit',
      'dht',
      'info',
      'peers',
      'handshake',
      'download_piece',
      'download-piece',
      'decode',
      'scrape',
      'magnet',
      'magnet_parse',
      'magnet-handshake',
      'magnet_info',
      'magnet-download-piece',
      'magnet_download',
    ]) {
      const { exitCode, out } = await runMain([command, '--help']);
      expect(exitCode).toBe(0);
      expect(out).toContain(`Usage: millrace ${command.replaceAll('-', '_')}`);
    }
  });

  it('prints help where nothing is asked of it, as an error', async () => {
    const { exitCode, out, err } = await runMain([]);
    expect({ exitCode, out }).toEqual({ exitCode: 28, out: '' });
    expect(err).toContain('Usage: millrace');
  });

  it.each([
    [['donwload'], "unknown command 'donwload'", 'Did you mean download?'],
    [['download', '--jsn', 'x'], "unknown option '--jsn'", 'Did you mean --json?'],
    [['nothing-like-it'], "unknown command 'nothing-like-it'", 'millrace --help tells what there is.'],
    [
      ['my file.torrent'],
      "unknown command 'my file.torrent'",
      "To download it: millrace download 'my file.torrent'",
    ],
    [['magnet:?xt=1'], "unknown command 'magnet:?xt=1'", "To download it: millrace download 'magnet:?xt=1'"],
    [['download', 'x', '--bind', 'eth0'], 'Cannot bind to "eth0": it must be an IP address', ''],
    [['download', 'x', '--timeout', 'never'], 'It must be a time such as', 'millrace --help'],
    [
      ['magnet_download', 'magnet:'],
      "required option '-o, --output <path>' not specified",
      'millrace --help',
    ],
    [['download'], "missing required argument 'torrent'", 'millrace --help tells what there is.'],
    [['info', 'a', 'b'], 'too many arguments', 'millrace --help tells what there is.'],
    [['download_piece', 'x', '0'], "required option '-o, --output <file>' not specified", 'millrace --help'],
    [['download_piece', '-o', 'x', 'x', '1x'], 'It must be a whole number of at least 0.', 'millrace --help'],
    [['download', 'x', '--max-peers', '0'], 'It must be a whole number of at least 1.', 'millrace --help'],
    [['download', 'x', '--port', '65536'], 'It must be a whole number from 1 to 65535.', 'millrace --help'],
    [['download', 'x', '--memory', 'huge'], 'It must be a size such as 64M or 1.5GiB.', 'millrace --help'],
    [
      ['download', 'x', '--request-timeout', 'soon'],
      'It must be a time such as 500ms, 20s or 2m.',
      'millrace --help',
    ],
    [['download', 'x', '--tracker', 'here'], 'It must be a URL.', 'millrace --help'],
    [['download', 'x', '--peer', 'here'], 'Cannot use "here" as a peer', ''],
  ])('explains %j', async (argv, problem, advice) => {
    const { exitCode, out, err } = await runMain(argv);
    expect({ exitCode, out }).toEqual({ exitCode: 28, out: '' });
    expect(err).toMatch(/^millrace: /u);
    expect(err).toContain(problem);
    expect(err).toContain(advice);
  });

  it('escapes what the command line itself holds', async () => {
    const { err } = await runMain(['\u001b]0;x\u0007']);
    expect(err).toContain(String.raw`unknown command '\u{1b}]0;x\u{7}'`);
  });

  it('says what, why and what to do, and shows no stack', async () => {
    expect(await runMain(['info', 'no-such.torrent'])).toEqual({
      exitCode: 17,
      out: '',
      err:
        'millrace: Cannot read "no-such.torrent": there is no such file or folder\n' +
        '  Check the path; - reads the torrent from standard input.\n',
    });
  });

  it.each([[['--debug', 'info', 'no-such.torrent']], [['info', 'no-such.torrent', '--debug']]])(
    'shows the stack with %j',
    async (argv) => {
      const { err } = await runMain(argv);
      expect(err).toMatch(/\n {4}at |\nError: ENOENT/u);
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends as a shell expects if %s stops it before it has a result', async (cause, exitCode) => {
    const signal = AbortSignal.abort(new Interruption(cause));
    expect(await runMain(['info', '-'], { signal })).toEqual({ exitCode, out: '', err: '' });
  });
});
