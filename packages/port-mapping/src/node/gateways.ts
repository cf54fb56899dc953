import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** Where the system says that its IPv4 routes lead. */
const LINUX_ROUTES = '/proc/net/route';

/** Guesses which hosts may be routers, the likeliest first: default routes, else the first address of each network. */
export async function likelyGateways(): Promise<readonly string[]> {
  const routes = await readFile(LINUX_ROUTES, 'latin1').catch(() => '');
  const gateways = defaultGateways(routes);
  return gateways.length > 0 ? gateways : firstAddresses();
}

/** Reads the gateways of default routes from Linux's table: hexadecimal, the last byte first. */
export function defaultGateways(routes: string): string[] {
  return routes.split('\n').flatMap((line) => {
    const [, destination, gateway = ''] = line.split('\t');
    if (destination !== '00000000' || !/^[\dA-F]{8}$/.test(gateway) || gateway === '00000000') return [];
    return [[6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join('.')];
  });
}

/** Where home routers are as a rule. */
function firstAddresses(): string[] {
  const infos = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return infos
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address.replace(/\d+$/, '1'));
}
