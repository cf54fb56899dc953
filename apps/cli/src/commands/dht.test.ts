import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DhtNode, formatAddress, PUBLIC_ROUTERS } from '@millrace/dht/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INSTALLED_LAYERS } from '../layers.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain, type RunResult } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

const HASH = 'd69f91e6b2ae4c542468d1073a71d4ea13879a7f';

let node: DhtNode;
let address: string;

beforeEach(async () => {
  node = await DhtNode.create({ addresses: ['127.0.0.1'] });
  address = formatAddress(node.addresses[0]!);
  await using other = await DhtNode.create({
    addresses: ['127.0.0.1'],
    bootstrap: node.addresses,
    isReadOnly: true,
  });
  await other.announce(Uint8Array.from(Buffer.from(HASH, 'hex')), { port: 4242, seed: true });
});

afterEach(() => node.close());

/** Runs a command that knows no node but ours. */
function run(...words: readonly string[]): Promise<RunResult> {
  const [command = '', ...rest] = words;
  const needsStart = command !== 'ping' && !(command === 'sample' && rest.includes(address));
  const start = needsStart ? ['--bootstrap', address] : [];
  const argv = ['dht', command, '--bind', '127.0.0.1', ...start, ...rest];
  return runMain(argv, { layers: { dht: INSTALLED_LAYERS.dht } });
}

describe('millrace dht', () => {
  it('lookup prints peers, and how many there are', async () => {
    expect(await run('lookup', HASH)).toEqual({ exitCode: 0, out: '127.0.0.1:4242\n', err: '' });
    expect((await run('lookup', '--json', HASH)).out).toBe('{"schema":1,"peer":"127.0.0.1:4242"}\n');
    expect((await run('lookup', '--count', HASH)).out).toBe('about 1 seeders, 0 leechers\n');
    expect(JSON.parse((await run('lookup', '--count', '--json', HASH)).out)).toMatchObject({ seeders: 1 });
  });

  it('lookup fails if there are none', async () => {
    const { exitCode, out, err } = await run('lookup', randomBytes(20).toString('hex'));
    expect([exitCode, out]).toEqual([3, '']);
    expect(err).toContain('no node of the DHT knows any');
  });

  it('lookup asks nobody about a private torrent', async () => {
    const torrent = join(await temporaryFolder(), 'private.torrent');
    await writeFile(torrent, sampleTorrent({ info: { private: 1 } }));
    const { exitCode, out, err } = await run('lookup', torrent);
    expect([exitCode, out]).toEqual([28, '']);
    expect(err).toContain('only its trackers may hear of it');
  });

  it('ping prints the id', async () => {
    const { exitCode, out } = await run('ping', '--json', address);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ node: address, id: /^[\da-f]{40}$/u.exec(idOf(node))?.[0] });
    expect((await run('ping', address)).out).toMatch(/^127\.0\.0\.1:\d+: [\da-f]{40}, [\d.]+ ms\n$/u);
  });

  it('ping fails if nobody is there, in the time that is given', async () => {
    await using gone = await DhtNode.create({ addresses: ['127.0.0.1'] });
    await gone.close();
    const { exitCode, err } = await run('ping', '--timeout', '200ms', formatAddress(gone.addresses[0]!));
    expect(exitCode).toBe(2);
    expect(err).toContain('longer than --timeout');
  });

  it('put stores a value that get prints', async () => {
    const stored = await run('put', 'hello');
    expect(stored).toMatchObject({ exitCode: 0, err: 'Stored on 1 of 1 nodes\n' });
    const target = stored.out.trim();
    expect(await run('get', target)).toMatchObject({ exitCode: 0, out: '"hello"\n' });
    const bencoded = JSON.parse((await run('put', '--json', '--bencoded', 'd1:ai1ee')).out) as {
      target: string;
    };
    expect(JSON.parse((await run('get', '--json', bencoded.target)).out)).toEqual({
      schema: 1,
      target: bencoded.target,
      value: { a: 1 },
    });
  });

  it('put signs values with a key that it makes, and get prints the newest', async () => {
    const folder = await temporaryFolder();
    const key = join(folder, 'my.key');
    const first = await run('put', '--key', key, '--salt', 'news', 'one');
    expect(first.err).toBe('Stored on 1 of 1 nodes, with sequence number 1\n');
    expect(await readFile(key, 'utf8')).toMatch(/^[\da-f]{64}\n$/u);
    if (process.platform !== 'win32') expect((await stat(key)).mode & 0o777).toBe(0o600);
    const second = JSON.parse(
      (await run('put', '--json', '--key', key, '--salt', 'news', 'two')).out,
    ) as object;
    const publicKey = first.out.trim();
    expect(second).toMatchObject({ publicKey, sequence: '2', nodes: 1 });
    expect((await run('get', '--salt', 'news', publicKey)).out).toBe('"two"\n');
    expect(JSON.parse((await run('get', '--json', '--salt', 'news', publicKey)).out)).toMatchObject({
      sequence: '2',
    });
    expect(await run('get', publicKey)).toMatchObject({ exitCode: 3 });
    const refused = await run('put', '--key', key, '--salt', 'news', '--cas', '1', 'three');
    expect([refused.exitCode, refused.out]).toEqual([6, '']);
    expect(refused.err).toContain('sequence number 2 is there, expected 1');
  });

  it('sample prints info hashes', async () => {
    expect(await run('sample', address)).toMatchObject({ exitCode: 0, out: `${HASH}\n` });
    expect(JSON.parse((await run('sample', '--json')).out)).toMatchObject({
      node: address,
      infoHashes: [HASH],
      total: 1,
    });
  });

  it.each([
    [['lookup', 'what']],
    [['ping', 'nowhere']],
    [['get', 'abc']],
    [['get', '--salt', 'x', HASH]],
    [['put', '--salt', 'x', 'value']],
    [['put', '--seq', '-1', 'value']],
    [['lookup', '--bootstrap', 'x', HASH]],
  ])('refuses %j', async (words) => {
    const { exitCode, out } = await run(...words);
    expect(out).toBe('');
    expect([17, 28]).toContain(exitCode);
  });

  it('has names of well-known nodes to begin with, none of which a test asks', () => {
    expect(PUBLIC_ROUTERS.length).toBeGreaterThan(2);
  });
});

function idOf(of: DhtNode): string {
  return Buffer.from(of.statistics().members[0]!.id).toString('hex');
}
