import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** Two hosts with a cable between them, apart from every other network: root of a Linux machine can have them. */
export interface NetNamespaces extends AsyncDisposable {
  /** The host of the client under test, with addresses from {@link OURS} on. */
  readonly ours: NetHost;
  readonly theirs: NetHost;
}

export interface NetHost {
  /** What to put before a command for it to run there. */
  readonly launcher: readonly string[];
}

export const OURS = { ipv4: '10.78.0.1', ipv6: 'fd78::1' } as const;
export const THEIRS = { ipv4: '10.78.0.2', ipv6: 'fd78::2' } as const;
/** Further addresses of our host, for nodes: a node of the DHT has an address of its own. */
export const NODE_ADDRESSES: Readonly<Record<4 | 6, readonly string[]>> = {
  4: Array.from({ length: 14 }, (_, at) => `10.78.0.${at + 11}`),
  6: Array.from({ length: 14 }, (_, at) => `fd78::${at + 11}`),
};

/** Makes the hosts. Skips the test, with the reason, where that is not permitted; in CI that is a failure. */
export function openNetNamespaces(context: Pick<TestContext, 'skip'>): NetNamespaces {
  const name = `millrace-${process.pid}-${Math.random().toString(36).slice(2, 7)}`;
  const [ours, theirs] = [`${name}-a`, `${name}-b`];
  const close = (): void => {
    for (const host of [ours, theirs]) spawnSync('ip', ['netns', 'delete', host]);
  };
  try {
    for (const host of [ours, theirs]) ip('netns', 'add', host);
    ip('link', 'add', 'lan0', 'netns', ours, 'type', 'veth', 'peer', 'name', 'lan0', 'netns', theirs);
    const addresses = [
      [ours, `${OURS.ipv4}/24`, `${OURS.ipv6}/64`, ...NODE_ADDRESSES[4], ...NODE_ADDRESSES[6]],
      [theirs, `${THEIRS.ipv4}/24`, `${THEIRS.ipv6}/64`],
    ] as const;
    for (const [host, ...each] of addresses) {
      ip('-n', host, 'link', 'set', 'lo', 'up');
      for (const address of each) addAddress(host, address);
      ip('-n', host, 'link', 'set', 'lan0', 'up');
      // Some clients ask the routes where to send what is for a group.
      ip('-n', host, 'route', 'add', 'default', 'dev', 'lan0');
    }
  } catch (error) {
    close();
    if (process.env['CI'] === 'true' || !(error instanceof Error)) throw error;
    console.warn(error.message);
    context.skip(error.message);
  }
  process.once('exit', close);
  return {
    ours: { launcher: ['ip', 'netns', 'exec', ours] },
    theirs: { launcher: ['ip', 'netns', 'exec', theirs] },
    async [Symbol.asyncDispose]() {
      process.off('exit', close);
      close();
    },
  };
}

function addAddress(host: string, address: string): void {
  const prefix = address.includes('/') ? '' : address.includes(':') ? '/64' : '/24';
  const flags = address.includes(':') ? ['nodad'] : [];
  ip('-n', host, 'address', 'add', `${address}${prefix}`, 'dev', 'lan0', ...flags);
}

function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status === 0) return;
  const reason = error === undefined ? stderr.trim() : String(error);
  throw new Error(`Cannot make a network of its own: ip ${args.join(' ')}: ${reason}`);
}
