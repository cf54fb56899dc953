import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from './managed-process.ts';
import { waitFor } from './wait-for.ts';

export interface OpentrackerOptions {
  /** A folder of its own, which is made. */
  readonly folder: string;
  readonly port: number;
  /** The one torrent it serves: 40 hex digits. */
  readonly infoHash: string;
}

export interface SwarmCount {
  /** Peers that have everything. */
  readonly complete: number;
  readonly total: number;
  /** Times a peer said that it had completed. */
  readonly downloaded: number;
}

/** The tracker: opentracker for one torrent, on loopback. */
export class Opentracker implements AsyncDisposable {
  readonly process: ManagedProcess;
  readonly announceUrl: string;
  /** The same over UDP. */
  readonly udpUrl: string;
  readonly #scrapeUrl: string;

  /** Starts it, and returns when it answers. */
  static async start(options: OpentrackerOptions): Promise<Opentracker> {
    const { folder, port, infoHash } = options;
    // Started by root it becomes `nobody` and changes its root to `folder`: the list is named relative to it.
    await mkdir(folder, { mode: 0o755 });
    await writeFile(join(folder, 'whitelist.txt'), `${infoHash}\n`, { mode: 0o644 });
    const listen = ['-i', '127.0.0.1', '-p', `${port}`, '-P', `${port}`];
    const process = await ManagedProcess.start(
      'opentracker',
      'opentracker',
      [...listen, '-d', folder, '-u', 'nobody', '-w', 'whitelist.txt'],
      { cwd: folder },
    );
    const tracker = new Opentracker(process, port, infoHash);
    await waitFor('opentracker to answer', () => tracker.#isReady());
    return tracker;
  }

  private constructor(process: ManagedProcess, port: number, infoHash: string) {
    this.process = process;
    this.announceUrl = `http://127.0.0.1:${port}/announce`;
    this.udpUrl = `udp://127.0.0.1:${port}/announce`;
    this.#scrapeUrl = `http://127.0.0.1:${port}/scrape?info_hash=${infoHash.replaceAll(/../gu, '%$&')}`;
  }

  /** Counts the peers it knows, and the downloads it was told are completed. */
  async count(): Promise<SwarmCount> {
    this.process.assertRunning();
    const body = Buffer.from(await this.#scrape()).toString('latin1');
    const complete = Number(/8:completei(\d+)e/u.exec(body)?.[1] ?? 0);
    const incomplete = Number(/10:incompletei(\d+)e/u.exec(body)?.[1] ?? 0);
    const downloaded = Number(/10:downloadedi(\d+)e/u.exec(body)?.[1] ?? 0);
    return { complete, total: complete + incomplete, downloaded };
  }

  /** Asks on a connection of its own: opentracker closes idle ones, maybe just when the next question is on its way. */
  async #scrape(): Promise<ArrayBuffer> {
    const response = await fetch(this.#scrapeUrl, { headers: { connection: 'close' } });
    return response.arrayBuffer();
  }

  async #isReady(): Promise<boolean> {
    this.process.assertRunning();
    return fetch(this.#scrapeUrl).then(
      (response) => response.ok,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.kill();
  }
}
